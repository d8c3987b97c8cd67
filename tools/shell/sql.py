"""SQL and psql's own commands: only what is certain to only look, however its quotes and comments are read, does."""

import re

from tools.shell.kinds import Kind

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|--\s[^\n]*|/\*.*?\*/", re.DOTALL)
RUN_COMMENT = re.compile(r"/\*M?!\d*")
DOUBTFUL = (
    ("a quote with a backslash in it", re.compile(r"'[^']*\\|\"[^\"]*\\")),
    ("a quote between dollars", re.compile(r"\$\w*\$")),
)
LEFT_OVER = re.compile(r"['\"`#\\]|--|/\*|(?<!:):(?=['\"A-Za-z_{])")
CALL = re.compile(r"([A-Za-z_][A-Za-z_0-9$.]*|'')\s*\(")
WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
READS = frozenset({"select", "show", "explain", "describe", "desc", "with", "values", "table", "use"})
PLAIN_SET = re.compile(r"(?i)\s*set\s+(statement_timeout|lock_timeout|search_path|timezone|names)\b[^;]*")
META = r"\\(d\w*[+S]*|l\+?|c|conninfo|x|timing|q|h|\?|z|a|t)( [\w.*?\" +-]*)?"
META_READS = re.compile(META)
DESTROYS = frozenset({"drop", "truncate", "delete", "flush", "purge", "reset", "shutdown"})
CHANGES = frozenset({
    "insert", "update", "alter", "create", "grant", "revoke", "merge", "replace", "call", "do", "execute", "copy",
    "vacuum", "reindex", "cluster", "refresh", "lock", "load", "import", "kill", "rename", "comment", "analyze",
    "into", "outfile", "dumpfile", "prepare", "notify", "checkpoint", "optimize", "repair", "begin", "commit",
    "rollback", "global", "persist", "xp_cmdshell", "handler", "share",
})  # fmt: skip
BEFORE_BRACKET = frozenset({
    "select", "from", "where", "and", "or", "not", "in", "on", "using", "as", "over", "any", "all", "exists",
    "values", "by", "filter", "cast", "extract", "coalesce", "nullif", "greatest", "least", "with", "explain", "join",
    "lateral", "case", "when", "then", "else", "having", "union", "except", "intersect", "between", "like", "is",
    "distinct", "interval", "row", "array", "group", "order", "limit", "within", "sets", "rollup", "grouping",
    "varchar", "numeric", "decimal", "char", "materialized", "offset",
})  # fmt: skip
FUNCTIONS = frozenset({
    "count", "sum", "avg", "min", "max", "now", "round", "floor", "ceil", "ceiling", "abs", "mod", "power", "sqrt",
    "trunc", "date_trunc", "date_part", "age", "to_char", "to_timestamp", "to_date", "to_number", "clock_timestamp",
    "make_interval", "justify_interval", "date", "time", "timestamp", "year", "month", "day", "hour", "minute",
    "second", "unix_timestamp", "from_unixtime", "timestampdiff", "date_sub", "date_add", "datediff", "date_format",
    "curdate", "strftime", "datetime", "upper", "lower", "length", "char_length", "octet_length", "left", "right",
    "substring", "substr", "trim", "ltrim", "rtrim", "concat", "concat_ws", "position", "split_part", "string_agg",
    "array_agg", "group_concat", "array_length", "unnest", "generate_series", "regexp_matches", "regexp_replace",
    "regexp_match", "md5", "format", "quote_ident", "row_number", "rank", "dense_rank", "lag", "lead", "first_value",
    "last_value", "ntile", "percentile_cont", "percentile_disc", "stddev", "variance", "json_agg", "jsonb_agg",
    "json_build_object", "jsonb_build_object", "row_to_json", "jsonb_array_length", "if", "ifnull", "isnull",
    "version", "current_setting", "current_database", "database", "user", "current_user", "inet_server_addr",
    "pg_size_pretty", "pg_database_size", "pg_table_size", "pg_relation_size", "pg_total_relation_size",
    "pg_indexes_size", "pg_is_in_recovery", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp", "pg_current_wal_lsn", "pg_wal_lsn_diff", "pg_blocking_pids",
    "pg_postmaster_start_time", "pg_get_indexdef", "pg_get_constraintdef", "pg_get_viewdef", "pg_stat_get_activity",
    "pg_backend_pid", "pg_conf_load_time", "has_table_privilege", "pg_get_userbyid", "bool_or", "bool_and", "uptime",
    "tostring", "touint64", "uniq", "uniqexact", "quantile", "tostartofminute", "tostartofhour", "todate",
    "todatetime", "formatreadablesize", "sign",
})  # fmt: skip


def kind_of(text: str) -> tuple[Kind, str]:
    """What the statements would do, and the word that says so. What cannot be read is taken for a change."""
    opened = RUN_COMMENT.sub(" ", text)
    doubts = [(Kind.CHANGING, "a comment that MySQL runs")] if opened != text else []
    text = re.sub(r"\\[gG]\s*(;|$)", ";", opened.replace("*/", " ") if doubts else text)
    doubts += [(Kind.CHANGING, why) for why, pattern in DOUBTFUL if pattern.search(text)]
    bare = QUOTED.sub(replaced, text)
    found = [of_statement(statement) for statement in re.split(r"[;\n](?=\s*\\)|;", bare) if statement.strip()]
    return max(*doubts, *found, (Kind.READ_ONLY, ""), key=lambda item: item[0].rank) if found else (
        (Kind.CHANGING, "no statement")
    )  # fmt: skip


def replaced(match: re.Match[str]) -> str:
    """A comment is a space; what is quoted is an empty quote, unless it could hide the end of a statement."""
    text = match.group()
    if text.startswith(("--", "/*")):
        return " "
    return " # " if text.startswith("`") and not WORD.fullmatch(text[1:-1]) else " '' "


def of_statement(statement: str) -> tuple[Kind, str]:
    if statement.strip().startswith("\\"):
        is_read = all(META_READS.fullmatch(line.strip()) for line in statement.strip().splitlines())
        return (Kind.READ_ONLY, "") if is_read else (Kind.CHANGING, statement.split(maxsplit=1)[0])
    words = [word.lower() for word in WORD.findall(statement)]
    for wanted, kind in ((DESTROYS, Kind.DESTRUCTIVE), (CHANGES, Kind.CHANGING)):
        hit = next((word for word in words if word in wanted and not is_harmless(word, words)), None)
        if hit:
            return kind, hit.upper()
    if words[:1] == ["set"] and PLAIN_SET.fullmatch(statement):
        return Kind.READ_ONLY, ""
    if not words or words[0] not in READS:
        return Kind.CHANGING, words[0].upper() if words else "no statement"
    return doubt(statement)


def doubt(statement: str) -> tuple[Kind, str]:
    """What remains of quotes and comments, and functions that are not known, could be anything."""
    left = LEFT_OVER.search(statement.replace("''", ""))
    if left:
        return Kind.CHANGING, f"{left.group()!r} that cannot be read here"
    called = (match.group(1).lower().rpartition(".") for match in CALL.finditer(statement))
    strange = next((name for schema, _, name in called if not is_plain_call(schema, name)), None)
    return (Kind.CHANGING, f"the function {strange}") if strange else (Kind.READ_ONLY, "")


def is_plain_call(schema: str, name: str) -> bool:
    return name in BEFORE_BRACKET or (name in FUNCTIONS and schema in ("", "pg_catalog"))


def is_harmless(word: str, words: list[str]) -> bool:
    """SHOW CREATE TABLE, SHOW GRANTS and the like, and EXPLAIN (ANALYZE), only show by themselves."""
    shown = words[0] == "show" and word in ("create", "grant", "comment", "global", "replace")
    return shown or (word == "analyze" and words[0] == "explain")
