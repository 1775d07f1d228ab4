"""What can be wrong with a generated person, in the order in which it is looked for."""

from typing import Final

NOT_MADE: Final = "not made"  # the backend gave up
FILE: Final = "file"  # the picture cannot be read
ANNOTATION: Final = "annotation"  # joints, box and mask contradict each other
LIMBS: Final = "limbs"  # a limb longer than a body has it
ATTRIBUTE: Final = "attribute"  # not the group that was asked for
COUNT: Final = "count"  # more, or fewer, people than are annotated
POSE: Final = "pose"  # outside judges see the joints elsewhere
DUPLICATE: Final = "duplicate"  # like another generated person
COPY: Final = "copy"  # like a photographed person
FAULTS: Final = (NOT_MADE, FILE, ANNOTATION, LIMBS, ATTRIBUTE, COUNT, POSE, DUPLICATE, COPY)

Fault = tuple[str, str]  # one of the above, and the reason in words; both empty where there is none
NONE: Final[Fault] = ("", "")
