"""Plays all stories at once, and waits for them where time has to pass."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from cli.demo.board import Board, StoryCourse, WorkLeft
from cli.demo.cast import (
    WRONG,
    CastPerson,
    StoryKind,
    with_five_mistakes,
    with_guardian,
    write_measure,
)
from cli.demo.papers import write_papers
from cli.demo.portal import Differs
from cli.demo.scene import Scene
from cli.demo.stage import Stage
from cli.demo.stories import STORIES, Story
from cli.demo.troupe import Troupe
from cli.demo.watch import Watch
from cli.money import MoneyVerdict

# The story whose papers are printed.
PRINTED = "hearing"
LANGUAGES = ("kk", "ru", "en")
# A story that takes longer than this has come to a halt.
LONGEST = 240.0


@dataclass(frozen=True)
class Performance:
    """What came of it: the courses, the file of one case, the treasury's list, the marks.

    `money` is the verdict of `ozhb money check` once all stories have ended.
    """

    courses: list[StoryCourse]
    timeline: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    marks: list[str]
    seconds: float
    money: MoneyVerdict | None = None
    # How much waited for each role, whenever a story had ended.
    work: list[WorkLeft] = field(default_factory=list)
    # The papers of one case, as PDF.
    papers: list[Path] = field(default_factory=list)
    # What does not hold in the proof bundles of the cases, by reference.
    bundles: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return (
            all(course.ok for course in self.courses)
            and self.money is not None
            and self.money.ok
            and not any(self.bundles.values())
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "cases": [course.to_json() for course in self.courses],
            "treasury": self.orders,
            "money": self.money.to_json() if self.money else None,
            "marks": self.marks,
            "bundles": self.bundles,
            "work": [one.to_json() for one in self.work],
            "papers": [one.name for one in self.papers],
        }


async def perform(urls: Mapping[str, str], board: Board, papers: Path) -> Performance:
    """Play every story against the stack at these addresses, over HTTP alone; `papers` is the
    folder for what the portal prints of one case.
    """
    courses = {story: StoryCourse(story.name, story.title, story.expected) for story in STORIES}
    async with Stage.opened(urls, board) as stage:
        board.say("suppliers, caseworkers and an administrator sign in; offers are put up")
        troupe = await Troupe.gathered(stage)
        today = await stage.outside.today()
        with board.following(list(courses.values())):
            await _play_all(stage, troupe, courses, today)
        told = courses[STORIES[-1]]
        timeline = []
        if told.case is not None:
            timeline = (
                await troupe.administrators[0].see(
                    f"/v1/cases/{told.case}/events?limit=200&noted=true"
                )
            )["events"]
        return Performance(
            courses=list(courses.values()),
            timeline=timeline,
            orders=await stage.outside.orders(),
            work=board.work,
            papers=await _printed(troupe, courses, papers),
            marks=list(stage.casting.marks()),
            seconds=board.seconds,
        )


async def _printed(
    troupe: Troupe, courses: Mapping[Story, StoryCourse], folder: Path
) -> list[Path]:
    """The papers of the case that was refused after a hearing: it has nearly all that there are."""
    told = next(course for story, course in courses.items() if story.name == PRINTED)
    if told.case is None:
        return []
    return await write_papers(troupe.caseworkers[0], told.case, folder)


@dataclass(frozen=True)
class StoryPart:
    """One story as it is played; `turn` is set when it may let time pass."""

    stage: Stage
    troupe: Troupe
    story: Story
    course: StoryCourse
    today: date
    turn: asyncio.Event

    def begin(self, name: str) -> tuple[CastPerson, str, dict[str, Any]]:
        """A new person of that first name, the key of the measure, and the message with both."""
        stage = self.stage
        person, key = stage.casting.person(name), f"{stage.casting.key}-{self.story.name}"
        told = write_measure(
            key, person, self.story.item, today=self.today, authority=stage.authority
        )
        return person, key, told


async def _play_all(
    stage: Stage, troupe: Troupe, courses: Mapping[Story, StoryCourse], today: date
) -> None:
    turns = {turn: asyncio.Event() for turn in sorted({story.turn for story in courses})}
    async with asyncio.TaskGroup() as group:
        playing: dict[int, list[asyncio.Task[None]]] = {turn: [] for turn in turns}
        for story, course in courses.items():
            part = StoryPart(stage, troupe, story, course, today, turns[story.turn])
            playing[story.turn].append(group.create_task(_play(part)))
        for turn, event in turns.items():
            event.set()
            await asyncio.wait(playing[turn])


async def _play(part: StoryPart) -> None:
    """One story; whatever goes otherwise than told is written down and shown at the end."""
    course = part.course
    try:
        async with asyncio.timeout(LONGEST):
            if part.story.kind is StoryKind.MISTAKEN:
                await _be_rejected(part)
            else:
                await _play_case(part)
    except TimeoutError:
        course.differs = f"came to a halt: {course.note}"
    except (Differs, httpx.HTTPError) as error:
        course.differs = str(error) or type(error).__name__
    except (LookupError, TypeError, ValueError) as error:
        course.differs = f"an answer has another shape: {type(error).__name__} {error}"
    course.done = True
    await _note_work(part)
    said = "as expected" if course.ok else f"✗ {course.differs or course.status}"
    part.stage.board.say(said, course)


async def _note_work(part: StoryPart) -> None:
    """How much is left for whom, by the list of all that waits for somebody."""
    seen = await part.troupe.administrators[0].see("/v1/tasks", of="everybody", limit=200)
    left = Counter(one["role"] for one in seen["tasks"])
    part.stage.board.note_work(WorkLeft(part.story.name, left.total(), dict(left)))


async def _play_case(part: StoryPart) -> None:
    stage, story, course = part.stage, part.story, part.course
    acting, key, message = part.begin("Мысал")
    if story.kind is StoryKind.GUARDED:
        acting = stage.casting.person("Қамқор")
        message = with_guardian(message, acting, part.today)
    for system, fault in story.faults:
        await stage.outside.arm(system, fault, acting.phone if system == "sms" else acting.email)
    await _receive(part.troupe, course, message)
    stage.board.say("received from E-Собес", course)
    watch = Watch(course)
    recipient = await stage.person(acting, "recipient")
    caseworkers = part.troupe.caseworkers
    scene = Scene(stage, course, key, story.item, acting, watch, recipient, caseworkers, part.turn)
    following = asyncio.create_task(watch.follow(recipient, scene.case))
    try:
        await story.play(scene, part.troupe)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _receive(troupe: Troupe, course: StoryCourse, message: dict[str, Any]) -> None:
    """Hand the message in twice, as a system that lost the answer would: it is one case."""
    first, second = [
        (await troupe.esobes.send("/v1/esobes/messages", [message]))[0] for _ in range(2)
    ]
    if first["status"] != "accepted" or first["case_id"] != second["case_id"]:
        raise Differs(f"the message was {first['status']}, and {second['status']} when repeated")
    course.case, course.reference = first["case_id"], first["reference"]


async def _be_rejected(part: StoryPart) -> None:
    """Every mistake is told at once, with its place and a sentence in each language."""
    stage, course = part.stage, part.course
    _, _, message = part.begin("Қате")
    wrong = with_five_mistakes(message)
    told = (await part.troupe.esobes.send("/v1/esobes/messages", [wrong]))[0]
    course.way.append(told["status"])
    course.mistakes = told["errors"]
    for mistake in course.mistakes:
        stage.board.say(f"{mistake['pointer']}: {mistake['text']['en']}", course)
        if missing := [language for language in LANGUAGES if not mistake["text"][language]]:
            raise Differs(f"{mistake['pointer']} has no sentence in {', '.join(missing)}")
    places = [mistake["pointer"] for mistake in course.mistakes]
    if sorted(places) != sorted(WRONG):
        raise Differs(f"mistakes were told at {', '.join(places)}")
