package accounts

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/identity"
)

// Member is a user in a workspace.
type Member struct {
	UserID    string
	Email     string
	Role      identity.Role
	CreatedAt time.Time
}

// Members lists the workspace's, the oldest first.
func (a *Accounts) Members(ctx context.Context, c identity.Caller) ([]Member, error) {
	if err := require(c, identity.WorkspaceRead); err != nil {
		return nil, err
	}
	var members []Member
	err := a.read(ctx, c, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT user_id, email, role, created_at FROM members WHERE workspace_id = $1 ORDER BY created_at, user_id`, c.Workspace)
		if err != nil {
			return err
		}
		members, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
		return err
	})
	return members, err
}

// PutMember adds the user, or changes the role. An empty email leaves the one that is known. Only an owner makes
// or changes owners, and the last one stays owner.
func (a *Accounts) PutMember(ctx context.Context, c identity.Caller, user User, role identity.Role) (Member, error) {
	if err := require(c, identity.MembersManage); err != nil {
		return Member{}, err
	}
	if err := checkMember(user, role); err != nil {
		return Member{}, err
	}
	if role == identity.Owner {
		if err := require(c, identity.OwnersManage); err != nil {
			return Member{}, err
		}
	}
	m := Member{UserID: user.ID}
	err := a.change(ctx, c, user.ID, func(tx pgx.Tx) error {
		if err := mayReplace(ctx, tx, c, user.ID, role); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `INSERT INTO members (workspace_id, user_id, email, role) VALUES ($1, $2, $3, $4)
			ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, email = coalesce(nullif(excluded.email, ''), members.email)
			RETURNING email, role, created_at`, c.Workspace, user.ID, user.Email, role).Scan(&m.Email, &m.Role, &m.CreatedAt)
	})
	return m, err
}

// RemoveMember takes the user out of the workspace. Everybody may leave, except the last owner.
func (a *Accounts) RemoveMember(ctx context.Context, c identity.Caller, userID string) error {
	if leaves := c.Kind == identity.KindUser && c.Subject == userID; !leaves {
		if err := require(c, identity.MembersManage); err != nil {
			return err
		}
	}
	return a.change(ctx, c, userID, func(tx pgx.Tx) error {
		if err := mayReplace(ctx, tx, c, userID, ""); err != nil {
			return err
		}
		deleted, err := tx.Exec(ctx, `DELETE FROM members WHERE workspace_id = $1 AND user_id = $2`, c.Workspace, userID)
		if err == nil && deleted.RowsAffected() == 0 {
			return fail(NotFound, "there is no member %q", userID)
		}
		return err
	})
}

// mayReplace guards owners and counts members, under the lock of the workspace. An empty role removes.
func mayReplace(ctx context.Context, tx pgx.Tx, c identity.Caller, userID string, role identity.Role) error {
	var old identity.Role
	var owners, members int
	err := tx.QueryRow(ctx, `SELECT coalesce(max(role) FILTER (WHERE user_id = $2), ''), count(*) FILTER (WHERE role = 'owner'), count(*)
		FROM members WHERE workspace_id = $1`, c.Workspace, userID).Scan(&old, &owners, &members)
	switch {
	case err != nil:
		return err
	case old == "" && role != "" && members >= MaxMembers:
		return fail(LimitReached, "a workspace may have %d members and has %d: remove one first", MaxMembers, members)
	case old != identity.Owner || role == identity.Owner:
		return nil
	case owners <= 1:
		return fail(Conflict, "%q is the last owner: make somebody else an owner first, or delete the workspace", userID)
	case c.Kind == identity.KindUser && c.Subject == userID:
		return nil
	}
	return require(c, identity.OwnersManage)
}

func checkMember(user User, role identity.Role) error {
	if !ValidUserID(user.ID) {
		return invalid("user", "must be the user's id in Supabase (1-255 characters of a-z A-Z 0-9 . _ : | -), got %q", cut(user.ID))
	}
	if !role.Valid() {
		return invalid("role", "must be one of %v, got %q", identity.Roles(), cut(string(role)))
	}
	return checkEmail(user.Email)
}

// ValidUserID says whether a sign-in's subject can be a member: Supabase's are UUIDs, those of other sign-ins
// behind it look like auth0|5f7c.
func ValidUserID(userID string) bool {
	return len(userID) >= 1 && len(userID) <= 255 && !strings.ContainsFunc(userID, func(r rune) bool {
		return !strings.ContainsRune(userIDCharacters, r)
	})
}

const userIDCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:|-"

func checkEmail(email string) error {
	if email == "" || ValidEmail(email) {
		return nil
	}
	return invalid("email", "must be an address like name@example.com of at most 254 bytes")
}

// ValidEmail says whether the text is an address and nothing else.
func ValidEmail(email string) bool {
	parsed, err := mail.ParseAddress(email)
	return err == nil && parsed.Address == email && len(email) <= 254 && !hasControl(email)
}

// cut keeps what a user wrote readable in an error.
func cut(text string) string {
	if len(text) > 64 {
		return text[:64] + "…"
	}
	return text
}
