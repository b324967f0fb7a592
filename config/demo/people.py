"""The demo's people: makes them where they are missing and prints their keys as JSON.

Run inside a hub's environment: python -m config.demo.people SLUG
"""

import json
import secrets
import sys

import django

ADMINISTRATOR = "administrator"
ROLES = {
    "demo-administrator": ("Ada Demo", "administrator"),
    "demo-maintainer": ("Mara Demo", "maintainer"),
    "demo-expert": ("Dr. Eske Demo", "expert"),
    "demo-researcher": ("Rui Demo", "contributor"),
}


def main(slug: str) -> dict[str, dict[str, str]]:
    """Give each person a fresh password and a token; roles need the benchmark to exist."""
    from registry.models import User
    from registry.selectors import get_benchmark, system_user
    from registry.services.create_user import create_token, create_user
    from registry.services.set_member import set_member

    system, people = system_user(), {}
    benchmark = get_benchmark(slug, system)
    for username, (full_name, role) in ROLES.items():
        user = User.objects.filter(username=username, is_demo=True).first() or create_user(
            actor=system,
            username=username,
            full_name=full_name,
            staff=role == ADMINISTRATOR,
            demo=True,
        )
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.save(update_fields=["password"])
        if role != ADMINISTRATOR:
            set_member(actor=system, benchmark=benchmark, user=user, role=role)
        token = create_token(actor=user, user=user, name="demo walk")
        people[role] = {"username": username, "password": password, "token": token}
    return people


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(sys.argv[1])))
