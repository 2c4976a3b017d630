"""Invented counties and cities with their departments, towns and streets. No such place exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

Kind = Literal["government", "department", "town"]
# Pairs of signs that no division of the country is called by.
FIRST = "澜霁椿翎珞岫桉沅翊泠蕴芮湉岚濯榆"
SECOND = "柏浦湾坪岭川垣泽陂屿汀峪"
SOUNDS = dict(
    zip(
        FIRST + SECOND,
        (
            "lan ji chun ling luo xiu an yuan yi leng yun rui tian lan zhuo yu "
            "bai pu wan ping ling chuan yuan ze bei yu ting yu"
        ).split(),
        strict=True,
    )
)
DEPARTMENTS = (
    "财政局 教育体育局 民政局 司法局 自然资源局 水利局 农业农村局 商务局 卫生健康委员会 应急管理局 审计局 统计局 "
    "市场监督管理局 发展和改革委员会 人力资源和社会保障局 住房和城乡建设局 交通运输局 文化广电和旅游局 "
    "退役军人事务局 医疗保障局 城市管理局 林业局 工业和信息化局 公安局 科学技术局 信访局 行政审批服务局 乡村振兴局 "
    "生态环境局 气象局"
).split()


@dataclass(frozen=True, slots=True)
class Body:
    """Who reports: ``name`` as in titles (霁柏区财政局), ``short`` as menus have it (财政局)."""

    name: str
    short: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Place:
    """A county, district or city: 霁柏区, its government and the bodies below it; ``latin`` for host names."""

    name: str
    unit: Literal["区", "县", "市"]
    latin: str
    government: Body
    departments: tuple[Body, ...]
    towns: tuple[Body, ...]

    @property
    def bodies(self) -> tuple[Body, ...]:
        """All of them, the government first."""
        return (self.government, *self.departments, *self.towns)


def invent_place(random: Random, departments: int, towns: int) -> Place:
    """A place with so many departments (at most thirty) and towns and streets (at most a hundred)."""
    unit = random.choice(("区", "县", "市"))
    first, second = random.choice(FIRST), random.choice(SECOND)
    name = f"{first}{second}{unit}"
    pairs = [a + b for a in FIRST for b in SECOND if a + b != first + second]
    below = []
    for pair in random.sample(pairs, towns):
        kind = random.choice(("镇", "镇", "乡", "街道"))
        tail = "办事处" if kind == "街道" else "人民政府"
        below.append(Body(f"{name}{pair}{kind}{tail}", f"{pair}{kind}{tail if kind == '街道' else ''}", "town"))
    return Place(
        name=name,
        unit=unit,
        latin=SOUNDS[first] + SOUNDS[second],
        government=Body(f"{name}人民政府", f"{unit}政府", "government"),
        departments=tuple(
            Body(f"{name}{office}", office, "department") for office in random.sample(DEPARTMENTS, departments)
        ),
        towns=tuple(below),
    )
