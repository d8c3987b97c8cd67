"""The paths by which admins see whether the audit log is whole, how use goes, and what rules catch."""

from domain.tokens import PILLARS
from web import oversight
from web.desk import Guarded
from web.models.oversight import (
    AnalyzeRuleChange,
    AnalyzeRulesReply,
    AnalyzeRuleTold,
    ChainReply,
    DaysAsked,
    DaysReply,
)
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

RULES = "/api/v1/admin/auto-analyze-rules"

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/admin/ai/audit/chain",
        entry=Guarded(oversight.get_chain, PILLARS, "ai:admin:audit:read"),
        summary="Whether every audit entry is as it was recorded, checked now",
        replies={200: Reply("Intact, or where it is broken", {JSON: ChainReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path="/api/v1/admin/ai/usage/days",
        entry=Guarded(oversight.get_usage_days, PILLARS, "ai:admin:usage:read"),
        summary="Tool calls day by day",
        parameters=DaysAsked,
        replies={200: Reply("Every day of the time, oldest first", {JSON: DaysReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path=RULES,
        entry=Guarded(oversight.list_rules, PILLARS, "ai:admin:auto_analyze_rules:read"),
        summary="Auto-analyze rules, what each would have caught in 7 days and what it has had analysed",
        replies={200: Reply("Newest first", {JSON: AnalyzeRulesReply}), **SIGNED},
    ),
    Operation(
        method="PUT",
        path=f"{RULES}/{{rule_id}}",
        entry=Guarded(oversight.put_rule, PILLARS, "ai:admin:auto_analyze_rules:write"),
        summary="Switch an auto-analyze rule on or off, or its annotations",
        body=AnalyzeRuleChange,
        replies={200: Reply("It holds from the next alert on", {JSON: AnalyzeRuleTold}), **SIGNED, **SENT, **OWN},
    ),
)
