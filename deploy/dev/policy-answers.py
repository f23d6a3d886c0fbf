"""What oslo.policy answers to generated rules, as JSON on standard output.

    policy-answers.py SEED COUNT FILE

"cases" asks COUNT rules, and some that are odd on purpose, for each of "targets" and, within that, of "credentials". An
answer is y, n, or x where oslo.policy raises an error; "refused" stands for rules that it logs as broken, that cannot
but raise where they are reached, or that ask another server. "files" asks rules of ours by policy files, as Nova does;
each is written to FILE for that.
"""

import ast
import collections
import importlib.metadata
import json
import logging
import random
import sys

from oslo_config import cfg
from oslo_policy import _checks, _parser, policy

TARGETS = [
    {"project_id": "p1", "user_id": "u1"},
    {"project_id": "p2", "user_id": "u2", "role.name": "Member", "user.enabled": True},
    {"project_id": None, "user_id": "None", "count": 7, "user.enabled": False},
    {"tenant_id": "p1", "count": 1.5, "role.name": "AUDITOR", "odd(key)": "p1", "share": "100%"},
    {},
]
CREDENTIALS = [
    {"user_id": "u1", "project_id": "p1", "roles": ["member", "reader"], "is_admin": False, "system_scope": None},
    {"user_id": "u2", "project_id": "p2", "roles": ["Admin", "compute:admin"], "is_admin": True, "level": 7},
    {"user_id": "u2", "project_id": "p1", "roles": [], "is_admin": None, "ratio": 1.5, "user-kind": "p1"},
    {"user_id": None, "project_id": None, "system_scope": "all", "roles": ["READER"]},
    {
        "user_id": "u1",
        "project_id": "p2",
        "roles": ["auditor"],
        "token": {"project": {"id": "p1", "tags": ["a", "p2", None, 7]}, "kinds": [{"name": "p1"}, {"name": "x"}]},
        "groups": ["p1", "p2"],
    },
    {"project_id": "p1"},
]
RULES = {
    "owner": "project_id:%(project_id)s",
    "admin": "role:admin or is_admin:True",
    "member_owner": "role:member and rule:owner",
    "owner_or_admin": "rule:admin or rule:member_owner",
    "nobody": "!",
    "everybody": "",
    "old_form": [["role:reader", "project_id:p1"], ["rule:admin"], []],
    "negated": "not rule:owner and not role:auditor",
}
DEFAULT = {"default": "role:auditor or user_id:u2"}

CHECKS = """
role:admin role:ADMIN role:member role:Reader role:auditor role:compute:admin role:unheard_of role:%(role.name)s role:%(absent)s
role: rule:owner rule:admin rule:member_owner rule:owner_or_admin rule:nobody rule:everybody rule:old_form rule:negated
rule:unheard_of project_id:%(project_id)s user_id:%(user_id)s user_id:%(absent)s project_id:p1 project_id:%(tenant_id)s
tenant:%(tenant_id)s is_admin:True is_admin:False is_admin:None is_admin:true system_scope:all system_scope:None system:all
True:%(user.enabled)s False:%(user.enabled)s None:%(project_id)s None:%(user_id)s 'Member':%(role.name)s "p1":%(project_id)s
'p1':%(odd(key))s 7:%(count)s 1.5:%(count)s 7:7 -7:-7 +7:7 1.50:1.5 1e3:1000.0 'x':x 'x':y '':%(project_id)s True:True true:True
level:7 level:%(count)s ratio:1.5 ratio:%(count)s user-kind:p1 token.project.id:%(project_id)s token.project.id:p1
token.project.tags:p2 token.project.tags:None token.project.tags:7 token.kinds.name:%(project_id)s token.kinds.name:x
token.absent.id:p1 groups:%(project_id)s groups:p2 roles:member roles:Member user_id.x:p1 token:p1 token.project:p1
project_id:p%% '100%':%(share)s '100%':100%% user_id:%(user_id)s%% p1:%(project_id)s project_id:x%(project_id)s
project_id:%(project_id)s%(absent)s role:mem%(absent)s domain_id:%(domain_id)s @ !
""".split()

ODD = [
    "", " ", "  role:admin  ", "()", "(", ")", "@", "(@)", "((!))", "and", "not", "or role:admin", "role:admin and",
    "role:admin role:member", "role:admin or or role:member", "not not role:admin", "NOT role:admin AND role:member",
    "not role:admin or role:member", "not role:admin and role:auditor or role:member", "not (role:admin or role:member)",
    "role:admin or role:member and project_id:%(project_id)s", "role:member and project_id:%(project_id)s or role:admin",
    "role:admin or not role:member and user_id:u1 or user_id:u2", "(role:admin or role:member) and project_id:p1",
    "role:admin or (role:member and role:reader) and project_id:p1 and user_id:u1", "not(role:admin)", "(not role:admin)",
    "role:admin or (role:member or role:auditor) and user_id:u2 and project_id:p1 or rule:nobody", "(role:admin",
    "role:admin)", "((role:admin) or (role:member))", "( role:admin or role:member )", "role:admin)and(role:x", "admin",
    "role", ":", ":p1", "role:", "rule:", "'role:admin'", '"role:admin"', "'a':'b'", "('a':'b')", "''", "'", "'a b':x",
    "@ and !", "@ or !", "!role:admin", "@role:admin", "http://example.org/ask", "https://example.org/%(user_id)s",
    "role:admin or http://example.org/ask", "is_admin:%(is_admin)s", "project_id:%(project_id)", "project_id:%(project_id",
    "project_id:%(project_id)d", "project_id:%", "project_id:100%", "a..b:x", ".a:x", "1a:x", "@ or 1a:x",
    "'open:x", "role:admin\tor\nrole:member", "role:admin and\u00a0role:member", "Role:admin", "RULE:admin", "rule:%(absent)s",
    "user_id:%(user_id)s or not project_id:%(absent)s", "not user_id.x:p1", "not token:p1 or @", "@ or not token:p1",
    "token.project.id.deeper:p1", "role:admin or role:Admin", "role:%(absent)s or not role:%(absent)s",
    [], [[]], [[], []], ["role:admin"], [["role:admin"]], [["role:admin", "role:member"]], [["role:admin"], ["role:member"]],
    [["role:admin"], [], ["@"]], [["!"]], ["@"], [["role:member", "project_id:%(project_id)s"], ["rule:admin"]],
    [["rule:unheard_of"], ["role:reader", "!"]], ["role:admin", ["role:member", "user_id:u1"]], [["admin"]], [[""]], [""],
    [["role:admin or role:member"]], [["http://example.org"]], [["'a b':a b"]], [["(role:admin)"]],
]

# Rules that a file may say something of, with Nova's defaults and names of old.
OWNER = ("rule:admin_or_owner", "is_admin:True or project_id:%(project_id)s")
ADMIN = ("rule:admin_api", "is_admin:True")
DEFERRED = ("os_compute_api:os-deferred-delete", "rule:admin_or_owner")
SERVICES = ("os_compute_api:os-services", "rule:admin_api")
REGISTERED = [
    ("context_is_admin", "role:admin", ADMIN),
    ("admin_or_owner", "is_admin:True or project_id:%(project_id)s", None),
    ("admin_api", "is_admin:True", None),
    ("project_member_api", "role:member and project_id:%(project_id)s", OWNER),
    ("project_reader_api", "role:reader and project_id:%(project_id)s", OWNER),
    ("project_member_or_admin", "rule:project_member_api or rule:context_is_admin", OWNER),
    ("project_reader_or_admin", "rule:project_reader_api or rule:context_is_admin", OWNER),
    ("os_compute_api:os-deferred-delete:restore", "rule:project_member_or_admin", DEFERRED),
    ("os_compute_api:os-deferred-delete:force", "rule:project_member_or_admin", DEFERRED),
    ("os_compute_api:servers:show", "rule:project_reader_or_admin", None),
    ("os_compute_api:limits", "@", None),
    ("os_compute_api:os-services:list", "rule:context_is_admin", SERVICES),
]
FILE_RULES = [
    "role:member", "role:auditor", "rule:admin_or_owner", "rule:admin_api", "rule:project_reader_or_admin", "user_id:%(user_id)s",
    "is_admin:True", "not role:auditor", "rule:custom", "rule:unheard_of", "", "!", "project_id:%(project_id)s or is_admin:True",
    "is_admin:True or project_id:%(project_id)s", "rule:os_compute_api:os-deferred-delete:restore", [["role:auditor"], ["role:admin"]],
]
CALLERS = [("u1", "p1", ["reader"]), ("u1", "p1", ["member", "reader"]), ("u2", "p2", ["admin", "manager", "member", "reader"]),
           ("u3", "p1", ["auditor"]), ("u4", "p2", ["Admin"])]
ACTED_ON = [{"project_id": "p1", "user_id": "u1"}, {"project_id": "p2", "user_id": "u4"}]


class Complaints(logging.Handler):
    def __init__(self):
        super().__init__()
        self.count = 0

    def emit(self, record):
        self.count += "Failed to understand" in str(record.msg)


complaints = Complaints()
logging.getLogger("oslo_policy").addHandler(complaints)
logging.getLogger("oslo_policy").propagate = False


def enforcer():
    conf = cfg.ConfigOpts()
    conf([], project="reprieve", default_config_files=[], default_config_dirs=[])
    return policy.Enforcer(conf, use_conf=False)


def leaves(check):
    below = getattr(check, "rules", None) or ([check.rule] if isinstance(check, _checks.NotCheck) else [])
    return [leaf for part in below for leaf in leaves(part)] if below else [check]


def is_broken(check):
    """Whether a check can do nothing but raise once it is reached, or asks another server."""
    if not isinstance(check, _checks.Check) or isinstance(check, _checks.RuleCheck):
        return False
    if check.kind in ("http", "https"):
        return True
    try:
        check.match % collections.defaultdict(lambda: "text")
        if isinstance(check, _checks.GenericCheck):
            ast.literal_eval(check.kind)
    except (SyntaxError, TypeError):
        return True
    except ValueError as error:
        return "malformed node" not in str(error)
    return False


def parsed(rule):
    """The check, or None for a rule that is refused."""
    complaints.count = 0
    check = _parser.parse_rule(rule)
    return None if complaints.count or any(map(is_broken, leaves(check))) else check


def answer(enforcer, rule, target, credentials):
    try:
        return "y" if enforcer.enforce(rule, dict(target), dict(credentials)) else "n"
    except Exception:
        return "x"


def answers(enforcer, rule):
    check = parsed(rule)
    if check is None:
        return "refused"
    return "".join(answer(enforcer, check, target, who) for target in TARGETS for who in CREDENTIALS)


def spelled(word):
    return random.choice([word, word, word, word.upper(), word.capitalize()])


def expression(depth):
    shape = random.random()
    if depth == 0 or shape < 0.2:
        return random.choice(CHECKS)
    if shape < 0.35:
        return f"{spelled('not')} {expression(depth - 1)}"
    if shape < 0.55:
        space = random.choice(["", "", " "])
        return f"({space}{expression(depth - 1)}{space})"
    words = [expression(depth - 1)]
    for _ in range(random.choice([1, 1, 2, 3])):
        words += [spelled(random.choice(["and", "or"])), expression(depth - 1)]
    return random.choice([" ", " ", "  "]).join(words)


def generated():
    shape = random.random()
    if shape < 0.15:
        lists = [[random.choice(CHECKS) for _ in range(random.choice([0, 1, 2, 3]))] for _ in range(random.choice([1, 2, 3]))]
        return [inner[0] if len(inner) == 1 and random.random() < 0.5 else inner for inner in lists]
    rule = expression(random.choice([1, 2, 3]))
    if shape < 0.25:
        words = rule.split()
        words.pop(random.randrange(len(words)))
        return " ".join(words)
    return rule


def language(count):
    sets = [RULES, RULES | DEFAULT]
    cases = []
    for rule in ODD + CHECKS + [generated() for _ in range(count)]:
        which = random.randrange(len(sets))
        asked = enforcer()
        asked.set_rules(policy.Rules.from_dict(sets[which], "default"), use_conf=False)
        cases.append([which, rule, answers(asked, rule)])
    return sets, cases


def credentials_of(asked, caller):
    user, project, roles = caller
    who = {"user_id": user, "project_id": project, "roles": roles, "is_admin": None}
    own = {"project_id": project, "user_id": user}
    return who | {"is_admin": asked.enforce("context_is_admin", own, who)}


def has_circle(rules, name, path=()):
    """Whether a rule leads back to itself, by the rule "default" too: we refuse such files, oslo.policy only warns."""
    name = name if name in dict(rules) else "default"
    if name not in dict(rules):
        return False
    return name in path or any(
        has_circle(rules, leaf.match, (*path, name)) for leaf in leaves(dict(rules)[name]) if isinstance(leaf, _checks.RuleCheck)
    )


def file_case():
    names = [name for name, _, _ in REGISTERED] + [OWNER[0], ADMIN[0], DEFERRED[0], SERVICES[0], "custom", "default"]
    while True:
        file = {name: random.choice(FILE_RULES) for name in random.sample(names, random.choice([1, 2, 3, 4]))}
        asked = enforcer()
        asked.suppress_deprecation_warnings = True
        for name, check, former in REGISTERED:
            old = former and policy.DeprecatedRule(former[0], former[1], deprecated_reason="age", deprecated_since="1")
            asked.register_default(policy.RuleDefault(name, check, deprecated_rule=old))
        with open(sys.argv[3], "w") as stream:
            json.dump(file, stream)
        asked.policy_path = sys.argv[3]
        asked.load_rules(force_reload=True)
        if any(has_circle(asked.rules, name) for name in asked.rules):
            continue
        who = [credentials_of(asked, caller) for caller in CALLERS]
        asks = {
            name: "".join(answer(asked, name, target, one) for target in ACTED_ON for one in who)
            for name, _, _ in REGISTERED
        }
        return {"file": file, "asks": asks}


def main():
    random.seed(int(sys.argv[1]))
    count = int(sys.argv[2])
    sets, cases = language(count)
    head = {
        "oslo_policy": importlib.metadata.version("oslo.policy"),
        "seed": int(sys.argv[1]),
        "sets": sets,
        "targets": TARGETS,
        "credentials": CREDENTIALS,
        "callers": [{"user": user, "project": project, "roles": roles} for user, project, roles in CALLERS],
        "actedOn": ACTED_ON,
    }
    members = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    for name, rows in (("cases", cases), ("files", [file_case() for _ in range(max(40, count // 4))])):
        members.append(f' "{name}": [\n' + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n ]")
    print("{\n" + ",\n".join(members) + "\n}")


main()
