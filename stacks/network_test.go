package stacks_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

func TestOnlyTheLoadBalancerIsOpenToTheWorld(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		open := map[string]bool{}
		for name, rule := range stack.Resources("aws_vpc_security_group_ingress_rule") {
			if rule["referenced_security_group_id"] != nil {
				continue
			}
			if rule["security_group_id"] != "${aws_security_group.alb.id}" || rule["for_each"] != "${toset(var.alb_ingress_cidrs)}" {
				t.Errorf("%s lets addresses into %v", name, rule["security_group_id"])
			}
			open[fmt.Sprint(rule["from_port"], "-", rule["to_port"])] = true
		}
		if len(open) != 2 || !open["80-80"] || !open["443-443"] {
			t.Errorf("the load balancer is open on %v, want 80 and 443 alone", open)
		}
		for name, service := range stack.Resources("aws_ecs_service") {
			network, _ := service["network_configuration"].(map[string]any)
			if network["assign_public_ip"] != false || network["subnets"] != "${aws_subnet.private[*].id}" {
				t.Errorf("%s has a public address or is outside the private subnets: %v", name, network)
			}
		}
	})
}

// A rule inside a security group would be a second, hidden network policy.
func TestSecurityGroupsHaveNoInlineRules(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		groups := stack.Resources("aws_security_group")
		groups["default"] = stack.Resource(t, "aws_default_security_group.main")
		for name, group := range groups {
			if group["ingress"] != nil || group["egress"] != nil {
				t.Errorf("%s has rules of its own: %v %v", name, group["ingress"], group["egress"])
			}
		}
	})
}

// What one group may open, the other must accept, on the same ports: half a conversation is a bug.
func TestEveryConversationHasBothHalves(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		out := conversations(stack, "aws_vpc_security_group_egress_rule", "security_group_id", "referenced_security_group_id")
		in := conversations(stack, "aws_vpc_security_group_ingress_rule", "referenced_security_group_id", "security_group_id")
		if len(out) == 0 {
			t.Fatal("no conversations: the test looks at nothing")
		}
		for conversation := range out {
			if !in[conversation] {
				t.Errorf("%s leaves and is not accepted", conversation)
			}
		}
		for conversation := range in {
			if !out[conversation] {
				t.Errorf("%s is accepted and cannot leave", conversation)
			}
		}
	})
}

func conversations(stack synthtest.Stack, kind, from, to string) map[string]bool {
	found := map[string]bool{}
	for _, rule := range stack.Resources(kind) {
		if rule["referenced_security_group_id"] != nil {
			found[fmt.Sprintf("%v to %v on %v-%v/%v", rule[from], rule[to], rule["from_port"], rule["to_port"], rule["ip_protocol"])] = true
		}
	}
	return found
}

// Only the tasks reach out, on HTTPS alone.
func TestLeastEgress(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for name, rule := range stack.Resources("aws_vpc_security_group_egress_rule") {
			if rule["cidr_ipv4"] != nil && (rule["security_group_id"] != "${aws_security_group.ecs_tasks.id}" || rule["from_port"] != 443.0 || rule["to_port"] != 443.0) {
				t.Errorf("%s lets %v out to %v on %v-%v", name, rule["security_group_id"], rule["cidr_ipv4"], rule["from_port"], rule["to_port"])
			}
		}
	})
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html: an apostrophe fails the apply.
func TestDescriptionsUseTheLettersThatEC2Takes(t *testing.T) {
	valid := regexp.MustCompile(`^[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}$`)
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for _, kind := range []string{"aws_security_group", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"} {
			for name, block := range stack.Resources(kind) {
				if text, _ := block["description"].(string); !valid.MatchString(text) {
					t.Errorf("%s.%s has the description %q", kind, name, text)
				}
			}
		}
	})
}

func TestTheDatabaseSubnetsHaveNoWayOut(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		table := stack.Resource(t, "aws_route_table.database")
		if table["route"] != nil || table["dynamic"] != nil {
			t.Errorf("the database's route table has routes: %v %v", table["route"], table["dynamic"])
		}
		if association := stack.Resource(t, "aws_route_table_association.database"); association["route_table_id"] != "${aws_route_table.database[0].id}" {
			t.Errorf("the database subnets use %v", association["route_table_id"])
		}
		for _, group := range []string{"aws_db_subnet_group.main", "aws_elasticache_subnet_group.main"} {
			want := "${length(var.database_subnet_cidrs) > 0 ? aws_subnet.database[*].id : aws_subnet.private[*].id}"
			if got := stack.Resource(t, group)["subnet_ids"]; got != want {
				t.Errorf("%s is in %v", group, got)
			}
		}
	})
}

func TestNoSubnetGivesPublicAddresses(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for name, subnet := range stack.Resources("aws_subnet") {
			if subnet["map_public_ip_on_launch"] != nil {
				t.Errorf("aws_subnet.%s: map_public_ip_on_launch is %v", name, subnet["map_public_ip_on_launch"])
			}
		}
	})
}

// Without NAT there is no rule to the internet, and the ways that are left lead to endpoints inside the VPC.
func TestWithoutNATTheTasksReachEndpointsAlone(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		want(t, stack, "aws_vpc_security_group_egress_rule.ecs_tasks_to_internet_443", map[string]any{"count": `${var.nat_mode != "none" ? 1 : 0}`})
		want(t, stack, "aws_vpc_security_group_egress_rule.ecs_tasks_to_s3", map[string]any{"prefix_list_id": "${aws_vpc_endpoint.s3.prefix_list_id}", "to_port": 443.0})
		want(t, stack, "aws_vpc_endpoint.interface", map[string]any{
			"for_each": "${toset(var.interface_endpoints)}", "subnet_ids": "${aws_subnet.private[*].id}", "private_dns_enabled": true, "vpc_endpoint_type": "Interface",
		})
		if groups := list(stack.Resource(t, "aws_vpc_endpoint.interface")["security_group_ids"]); len(groups) != 1 || groups[0] != "${aws_security_group.endpoints.id}" {
			t.Errorf("the endpoints are in %v", groups)
		}
	})
}

func TestFlowLogsAreOfTheWholeVPC(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		want(t, stack, "aws_flow_log.main", map[string]any{
			"vpc_id": "${aws_vpc.main.id}", "traffic_type": `${var.flow_logs == "rejected" ? "REJECT" : "ALL"}`, "count": `${var.flow_logs != "none" ? 1 : 0}`,
		})
		want(t, stack, "aws_cloudwatch_log_group.flow_logs", map[string]any{"retention_in_days": "${var.log_retention_days}"})
	})
}
