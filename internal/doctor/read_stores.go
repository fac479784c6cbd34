package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	cache "github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	database "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/agentteam/agentteam/contract"
)

func (r *reader) readDatabase(ctx context.Context) error {
	store := Store{Kind: "PostgreSQL"}
	answer, err := r.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: new(r.prefix + "-db")})
	if _, missing := errors.AsType[*database.DBInstanceNotFoundFault](err); !missing && err != nil {
		return err
	}
	if answer != nil && len(answer.DBInstances) > 0 {
		store.Name, store.Status = aws.ToString(answer.DBInstances[0].DBInstanceIdentifier), aws.ToString(answer.DBInstances[0].DBInstanceStatus)
	}
	r.facts.Stores = append(r.facts.Stores, store)
	return nil
}

// readCache finds Redis by its description, since its id is cut where the prefix is long.
func (r *reader) readCache(ctx context.Context) error {
	store := Store{Kind: "Redis"}
	pages := elasticache.NewDescribeReplicationGroupsPaginator(r.cache, &elasticache.DescribeReplicationGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(page.ReplicationGroups, func(g cache.ReplicationGroup) bool {
			return aws.ToString(g.Description) == "Redis of "+r.prefix
		})
		if at >= 0 {
			store.Name, store.Status = aws.ToString(page.ReplicationGroups[at].ReplicationGroupId), aws.ToString(page.ReplicationGroups[at].Status)
		}
	}
	r.facts.Stores = append(r.facts.Stores, store)
	return nil
}

// readParameters decrypts no more than it must: it asks for the values to compare them with UNSET, and keeps the names.
func (r *reader) readParameters(ctx context.Context) error {
	pages := ssm.NewGetParametersByPathPaginator(r.ssm, &ssm.GetParametersByPathInput{
		Path: new("/" + r.prefix), Recursive: new(true), WithDecryption: new(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, parameter := range page.Parameters {
			if strings.TrimSpace(aws.ToString(parameter.Value)) == contract.Unset {
				r.facts.Unset = append(r.facts.Unset, aws.ToString(parameter.Name))
			}
		}
	}
	slices.Sort(r.facts.Unset)
	return nil
}
