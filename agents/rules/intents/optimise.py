"""What can be asked about money: what is idle, what is larger than its work, what that would save."""

from agents.rules.intents.shape import Intent, Step
from agents.rules.writers import optimise

INTENTS = (
    Intent(
        name="savings",
        cues=("saving", "idle !incident", "oversized !incident"),
        also="list count service idle oversized user metric measured faint rank grouped saving",
        about="what could be saved{scope}",
        steps=(
            Step(
                tool="recommend_optimizations",
                takes=("service=one_service", "idle_days"),
                holds=("longer_than_seconds", "status"),
            ),
        ),
        default=None,
        write=optimise.savings,
        next=("Idle servers", "Over-provisioned services", "Is {service} healthy right now?"),
        examples=("What can we save?",),
    ),
)
