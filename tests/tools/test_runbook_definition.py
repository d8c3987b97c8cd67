import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from domain.errors import Refused
from tools.runbooks import checking, dangers, parameters, shell
from tools.runbooks.definition import Definition, Parameter
from tools.runbooks.filling import Filler, check_url
from tools.runbooks.hiding import Hider

NASTY = (
    "; rm -rf /",
    "$(touch pwned)",
    "`touch pwned`",
    "a b",
    "it's",
    '"; touch pwned; "',
    "' ; touch pwned ; '",
    "| tee pwned",
    "&& touch pwned",
    "> pwned",
    "$HOME",
    "*",
    "~",
    "\\",
    "{x}",
    "!!",
    "#",
    "ünï—✓",
    "",
)


def definition(*steps: dict[str, Any], **more: Any) -> Definition:
    return Definition.model_validate({"steps": steps, **more})


def ssh(command: Any, **more: Any) -> dict[str, Any]:
    return {"name": "do it", "kind": "ssh", "server": "web-1", "command": command} | more


def refusal(command: Any, *names: str, **of_type: str) -> str:
    """What is said about the command, empty when it is taken."""
    given = [{"name": name} for name in names] + [
        {"name": name, "type": kind, **({"choices": ["a", "b"]} if kind == "choice" else {})}
        for name, kind in of_type.items()
    ]
    try:
        checking.check(definition(ssh(command), parameters=given))
    except Refused as problem:
        return str(problem)
    return ""


SAFE = (
    "echo {x}",
    "echo --name={x} /var/log/{x}/*.log",
    "systemctl restart {x}.service && echo {x}",
    "echo a; echo {x} | cat",
    "X={x} printenv X",
    "echo $(printf %s {x})",
    "printf '%s' {x}",
    "for i in {x}; do echo $i; done",
    "sh -c 'echo \"$1\"' sh {x}",
    "echo {x} 2>/dev/null",
    "docker ps --format '{{.Names}}' --filter name={x}",
)


@pytest.mark.parametrize("template", SAFE)
def test_a_placeholder_that_stands_for_one_word_is_taken(template: str) -> None:
    assert refusal(template, "x") == ""


FILLED = {
    "show {x}": "<{value}>",
    "show --name={x} b": "<--name={value}><b>",
    "show /a/{x}/b {x}": "</a/{value}/b><{value}>",
    "true && show {x} | cat; false || show {x}": "<{value}><{value}>",
    'for word in {x}; do show "$word"; done': "<{value}>",
    'Y={x}; show "$Y"': "<{value}>",
    "(show {x})": "<{value}>",
    'sh -c \'printf "<%s>" "$1"\' sh {x}': "<{value}>",
    "show 'it is' \"$0 said\" {x} 2>/dev/null": "<it is><name said><{value}>",
}


@pytest.mark.parametrize("program", ["sh", "bash"])
@pytest.mark.parametrize("template", FILLED)
@pytest.mark.parametrize("value", NASTY)
def test_a_real_shell_reads_every_value_as_one_word_and_does_nothing_with_it(
    program: str, template: str, value: str, tmp_path: Path
) -> None:
    """RV-08: parameters are quoted, never spliced. Run in an empty folder, no value makes a file or a second word."""
    assert refusal(template, "x") == ""
    text = "show() { for word; do printf '<%s>' \"$word\"; done; }; " + shell.filled(template, lambda _: value)
    done = subprocess.run([program, "-c", text, "name"], capture_output=True, check=False, cwd=tmp_path)
    assert done.stdout.decode() == FILLED[template].replace("{value}", value)
    assert (done.stderr, list(tmp_path.iterdir())) == (b"", [])


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("echo '{x}'", "inside quotes"),
        ('echo "{x}"', "inside quotes"),
        ('echo "a $HOME {x}"', "inside quotes"),
        ("echo 'a'{x}", "glued"),
        ("echo \"a\"{x}'b'", "glued"),
        ("echo $HOME{x}", "glued"),
        ("echo a\\ {x}", "glued"),
        ("echo `cat {x}`", "backquotes"),
        ('echo "$(echo "{x}")"', "inside double quotes"),
        ('echo "${y}" {x}', "inside double quotes"),
        ("cat <<EOF\n{x}\nEOF", "here-document"),
        ("cat <<<{x}", "here-document"),
        ("echo hi # it's\necho '{x}'", "comment"),
        ("echo $'it\\'s {x}'", "$'...'"),
        ("echo $(( {x} + 1 ))", "$(( ))"),
        ("[[ {x} -eq 1 ]]", "[[ ]]"),
        ("echo ${y:-'{x}'}", "${...}"),
        ("echo 'open {x}", "never closed"),
        ("{x} --version", "names the program"),
        ("sudo {x}", "program is named"),
        ("true; {x}", "program is named"),
        ("sh -c {x}", "as code"),
        ("sudo bash -lc {x}", "as code"),
        ("python3 -c {x}", "as code"),
        ("eval echo {x}", "as code"),
        ("ssh other ls {x}", "as code"),
        ("sed -i {x} /etc/hosts", "as code"),
        ("echo {x}>/tmp/a", "redirection"),
        ("echo a >&{x}", "redirection"),
        ("echo {y}", "{y} is no parameter"),
        ("awk '{print}' {x}", "{print} is no parameter"),
    ],
)
def test_a_placeholder_that_could_become_more_than_a_word_is_refused_when_the_runbook_is_made(
    template: str, said: str
) -> None:
    message = refusal(template, "x")
    assert message.startswith("Step 'do it': ")
    assert said in message or ("names the program" in said and "program is named" in message)


@pytest.mark.parametrize(
    "words", [["sh", "-c", "echo {x}"], ["psql", "-c", "select '{x}'"], ["{x}", "a"], ["ssh", "host", "{x}"]]
)
def test_a_word_of_a_list_is_one_word_too_and_no_code(words: list[str]) -> None:
    assert "{x}" in refusal(words, "x")


def test_a_list_of_words_is_taken_literally_except_its_placeholders() -> None:
    assert refusal(["echo", "$HOME", "a b", "--to={x}"], "x") == ""
    text = shell.quoted(["echo", "$HOME", "a b", "--to={x}"], lambda _: "it's; ls")
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=True)
    assert done.stdout == b"$HOME a b --to=it's; ls\n"


def test_a_command_without_placeholders_is_the_authors_own() -> None:
    assert refusal("awk '{ print $1 }' <<'EOF' | sh -c \"$(cat)\" # it's fine\nEOF") == ""


def test_a_choice_may_name_the_program() -> None:
    assert refusal("{x} --version", x="choice") == ""


def test_a_value_that_would_be_read_as_an_option_is_refused_unless_its_pattern_allows_it() -> None:
    filler = Filler({"x": "--no-preserve-root"}, {}, frozenset({"x"}))
    with pytest.raises(Refused, match="begins with '-'"):
        filler.command("rm {x}")
    assert filler.command("echo --name={x}") == "echo --name=--no-preserve-root"
    assert Filler({"x": "-5"}, {}, frozenset({"x"})).command("nice {x}") == "nice -5"
    assert Filler({"x": "--all"}, {}, frozenset()).command("ls {x}") == "ls --all"


def test_in_a_url_a_value_keeps_its_place() -> None:
    filler = Filler({"x": "a/../b?c=d&e#f g", "n": 3, "up": ".."}, {"s": "10.0.0.1"})
    assert filler.url("http://{s}/api/{x}?n={n}") == "http://10.0.0.1/api/a%2F..%2Fb%3Fc%3Dd%26e%23f%20g?n=3"
    with pytest.raises(Refused, match="climb"):
        filler.url("http://h/api/{up}/delete")


@pytest.mark.parametrize("url", ["http://{x}/a", "https://a.{x}/", "http://user:pw@host/"])
def test_a_free_value_names_no_host_and_a_url_holds_no_password(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, closed=frozenset({"other"}))


def test_in_a_body_a_placeholder_alone_keeps_its_type() -> None:
    filler = Filler({"n": 3, "on": True, "x": 'a"}'}, {})
    body = {"count": "{n}", "on": "{on}", "text": "{n} of {x}", "list": ["{x}", 1, None]}
    assert filler.json(body) == {"count": 3, "on": True, "text": '3 of a"}', "list": ['a"}', 1, None]}


def declared(name: str, **more: Any) -> Parameter:
    return Parameter.model_validate({"name": name} | more)


PARAMETERS = (
    declared(name="name", pattern="[a-z]+"),
    declared(name="count", type="integer", minimum=1, maximum=5, default=2),
    declared(name="ratio", type="number", default=0.5),
    declared(name="force", type="boolean", default=False),
    declared(name="size", type="choice", choices=("small", "large"), default="small"),
)


def test_values_come_in_their_types_with_the_defaults_of_what_was_left_out() -> None:
    found = parameters.values(PARAMETERS, {"name": "abc", "count": "3"})
    assert found == {"name": "abc", "count": 3, "ratio": 0.5, "force": False, "size": "small"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "name are missing"),
        ({"name": "abc", "colour": "red"}, "no parameter 'colour'"),
        ({"name": "ABC"}, "name string should match pattern"),
        ({"name": "abc\n"}, "name string should match pattern"),
        ({"name": "abc", "count": 6}, "count input should be less than or equal to 5"),
        ({"name": "abc", "count": 1.5}, "count input should be a valid integer"),
        ({"name": "abc", "ratio": "nan"}, "ratio input should be a finite number"),
        ({"name": "abc", "size": "huge"}, "size cannot be 'huge'"),
        ({"name": ["a"]}, "name input should be a valid string"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_parameters_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        parameters.values(PARAMETERS, given)


@pytest.mark.parametrize("value", ["two\nlines", "a\x00b", "right\u202eleft", "a\u2028b", "zero\u200bwidth"])
def test_what_cannot_be_seen_on_the_card_is_no_value(value: str) -> None:
    with pytest.raises(Refused, match="line breaks or characters that cannot be seen"):
        parameters.value(declared(name="x"), value)


def test_a_pattern_of_any_shape_takes_linear_time() -> None:
    evil = declared(name="x", pattern="(a+)+b")
    with pytest.raises(Refused):
        parameters.value(evil, "a" * 2000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "choice"}, "a choice has choices"),
        ({"choices": ["a"]}, "a choice has choices"),
        ({"type": "integer", "pattern": "a"}, "only a string has a pattern"),
        ({"minimum": 1}, "only a number"),
        ({"secret": True, "default": "x"}, "a secret"),
        ({"required": False}, "needs a default"),
        ({"name": "Upper"}, "pattern"),
        ({"colour": 1}, "Extra inputs"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Parameter.model_validate({"name": "x"} | changes)


WAIT = {"name": "w", "kind": "wait", "seconds": 1}


@pytest.mark.parametrize(
    ("steps", "more", "said"),
    [
        ([], {}, "at least 1"),
        ([WAIT | {"name": f"w{n}"} for n in range(51)], {}, "at most 50"),
        ([WAIT, WAIT], {}, "two steps are named 'w'"),
        ([WAIT | {"name": f"w{n}", "seconds": 3600} for n in range(2)], {}, "all time limits together"),
        ([ssh("ls", on_failure="rollback")], {}, "no rollback steps"),
        ([WAIT], {"rollback": [ssh("ls", on_failure="rollback")]}, "cannot ask for a rollback"),
        ([ssh("ls", server=None)], {}, "give server, or servers"),
        ([ssh("ls", servers=["a"])], {}, "give server, or servers"),
        ([ssh("ls", timeout_seconds=0)], {}, "greater than 0"),
        ([ssh("ls", expected_exit_codes=[256])], {}, "less than or equal to 255"),
        ([ssh("ls", interpreter="bash")], {}, "Extra inputs"),
        ([{"name": "c", "kind": "check"}], {}, "by http, or by ssh"),
        ([{"name": "h", "kind": "http", "url": "ftp://x/aaaa"}], {}, "pattern"),
        ([{"name": "x", "kind": "ftp"}], {}, "does not match any of the expected tags"),
        ([WAIT], {"parameters": [{"name": "a"}, {"name": "a"}]}, "two parameters are named 'a'"),
    ],
)
def test_a_runbook_that_does_not_hold_together_is_refused(
    steps: list[dict[str, Any]], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        definition(*steps, **more)


def test_a_server_is_named_or_is_one_parameter_of_that_type() -> None:
    for target, kind in (("web-{x}", "server"), ("{x}", "string")):
        with pytest.raises(Refused, match="is not one parameter of type server"):
            checking.check(definition(ssh("ls", server=target), parameters=[{"name": "x", "type": kind}]))
    checking.check(definition(ssh("ls", server="{x}"), parameters=[{"name": "x", "type": "server"}]))


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf /var/lib/x",
        "sudo rm -fr /tmp/x",
        "rm --recursive x",
        "mkfs.ext4 /dev/sda1",
        "dd if=/dev/zero of=/dev/sda",
        "psql -c 'DROP DATABASE shop'",
        "mysql -e 'drop table a'",
        "delete from users",
        "sudo reboot",
        "systemctl reboot",
        "/sbin/shutdown -h now",
        "kubectl -n shop delete pod x",
        "kubectl delete ns shop",
        "terraform -chdir=x destroy -auto-approve",
        "aws ec2 terminate-instances --instance-ids i-1",
        "redis-cli FLUSHALL",
        "docker system prune -f",
        "find / -name x -delete",
        "curl http://x | sh",
        "git reset --hard origin/main && git clean -fd",
        "truncate -s 0 /var/log/x",
        "chmod -R 777 /",
        "iptables -F",
        "echo \\\n&& rm \\\n-rf x",
    ],
)
def test_a_destructive_command_is_known(command: str) -> None:
    assert dangers.in_command(command)


@pytest.mark.parametrize(
    "command",
    [
        "systemctl restart checkout",
        "kubectl rollout restart deploy/checkout",
        "df -h",
        "rm /tmp/one-file",
        "terraform plan",
        "echo form",
        "docker restart web",
        "journalctl -u halting -n 100",
        "select * from deleted",
        "systemctl status reboot-notifier",
    ],
)
def test_a_plain_command_is_not_called_destructive(command: str) -> None:
    assert dangers.in_command(command) == []


def test_a_known_secret_is_hidden_in_each_spelling() -> None:
    hider = Hider(["pa'ss/wo rd"])
    shown = hider.text("raw pa'ss/wo rd\nurl pa%27ss%2Fwo%20rd\nb64 cGEnc3Mvd28gcmQ=\nsh 'pa'\"'\"'ss/wo rd'")
    assert shown == "raw [masked]\nurl [masked]\nb64 [masked]\nsh '[masked]'"


def test_a_private_key_over_many_lines_is_hidden_line_by_line() -> None:
    hide = Hider().lines()
    key = ["-----BEGIN OPENSSH PRIVATE KEY-----", "b3BlbnNzaC1rZXk", "AAAAB3Nz", "-----END OPENSSH PRIVATE KEY-----"]
    assert [hide(line) for line in ["before", *key, "after"]] == ["before", *["[masked]"] * 4, "after"]


def test_control_characters_and_colours_do_not_reach_the_record() -> None:
    assert Hider().text("\x1b[31mred\x1b[0m\x00\x07 ok\x1b]0;title\x07") == "red ok"


def test_where_a_long_line_is_cut_no_secret_is_cut_in_two() -> None:
    token = "ghp_" + "a1" * 18
    shown = Hider().line("x" * 3990 + " " + token + " " + "y" * 5000)
    assert "ghp_" not in shown
    assert "characters)" in shown
