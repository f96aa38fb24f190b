"""How a measure is received, or revoked (rows R1-R7)."""

from domain.case.context import Change, Context
from domain.case.state import Measure
from domain.parties.representatives import Acting
from domain.rules.life import ahead_of, not_yet, told_of
from domain.rules.parties import watched
from domain.rules.registry import body_selector, recorder, selector

# --- which row fits ---


@body_selector
def revision_not_newer(c: Context) -> bool:
    return bool(c.data["measure"]["revision"] <= c.measure.revision)


@body_selector
def revocation_outdated(c: Context) -> bool:
    """A later revision has come since; that of a caseworker names none."""
    return bool(c.data.get("revision", c.measure.revision) < c.measure.revision)


@selector
def procured(c: Context) -> bool:
    return c.measure.procured


@selector
def employer_pays(c: Context) -> bool:
    return c.measure.payer == "EMPLOYER"


@selector
def contacts_of_no_use(c: Context) -> bool:
    """Contacts were left out, and nobody has been asked to put them right yet (row R2)."""
    return bool(c.measure.unusable) and not _asked_for_contacts(c)


@selector
def contacts_right_again(c: Context) -> bool:
    return not c.measure.unusable and f"{c.period.number}:contacts_unusable" in c.case.tasks


def _asked_for_contacts(c: Context) -> bool:
    """Once in the whole case: its periods have the same recipient."""
    return any(task.code == "contacts_unusable" for task in c.case.tasks.values())


# --- what is written ---


@recorder
def take_over(c: Context) -> Change:
    """The measure as it came; the end of a power that has one is watched (row L6).

    A revocation that has waited for it holds from the begin (row R7).
    """
    measure = Measure.model_validate(c.data["measure"])
    acting = Acting().revised(measure.acting, c.today)
    taken = measure.model_copy(update={"acting": acting})
    revoked = c.data.get("revoked")
    if revoked is None:
        return Change(case={"measure": taken}, extends=watched(c, acting))
    if not_yet(c, revoked):
        ahead = ahead_of(c, taken, revoked)
        return Change(case={"measure": ahead}, extends=watched(c, acting))
    flags = c.with_flag("revoked")
    return Change(case={"measure": told_of(taken, revoked)}, period={"flags": flags})


@recorder
def tell_contacts_left_out(c: Context) -> Change:
    """Which, and why: `phone:foreign`; never what was written."""
    return Change(data={"contacts": list(c.measure.unusable)})
