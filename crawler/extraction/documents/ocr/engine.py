"""The networks of RapidOCR (where text stands; what a line says; whether it stands on its head), run by onnxruntime
on one thread.

Only the models of RapidOCR's wheel are used: its own front gives texts and scores, and what a number needs are the
probabilities behind them. The sessions are made once in a process and kept. Nothing is fetched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.extraction.errors import UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.extraction.documents.ocr.ruling import Grey

NEEDED = "a picture; reading it needs the extra: pip install -e '.[ocr]'"
LINE_HEIGHT = 48  # pixels; what the recogniser was trained on
LEAST_WIDTH = 32
HEAD_WIDTH = 192  # pixels; what the network of heads was trained on
MAX_WIDTH = 2400  # pixels at that height, some fifty characters; a longer line is pressed together
BATCH_WIDTH = 3200  # pixels of all lines of one run together: bounds memory (300 MB at most)
DETECTION_STEP = 32  # pixels; sides of the picture must be multiples
TEXT_THRESHOLD = 0.3
BOX_THRESHOLD = 0.5
UNCLIP = 1.6
MAX_BOXES = 1_500
THREADS = 1  # the pool of readers has a process for each core

SAME = {
    "0": "0OoＯ０〇○◯Оо",
    "1": "1lI|１丨ｌ│",
    "2": "2Zz２",
    "3": "3３",
    "4": "4４",
    "5": "5Ss５",
    "6": "6６",
    "7": "7７",
    "8": "8B８",
    "9": "9９",
    ".": ".．",
    ",": ",，",
    "-": "-—－–―一ー−‐",
    "/": "/／",
}
"""What a cell of the form may print instead of text, and the other characters that look the same there."""
ALONE = {"0": "日曰⊙ΘθøØ"}
"""Characters that are a digit only where they stand alone in a cell: a nought with a stroke or a point in it."""
LABELS = (
    "一七万三上下不业中为主举之九予事二于五人仍他以件企会体作供保信元全八公六关其具内再决况减出分列到制办加务动勾区十危卷及反"
    "发取另只可合后告和商四因国在增处复外大存安定审家容密对尚属工已年府废度开强当形律性总息情成或执投护报持按据掌接措提握收改"
    "政效数文新方施无明有服期未本机权条构果查案概止正民求没法然版物现理用由申的益目直相知研确社禁科秘程稳稽章第等管类系纠纳组"
    "织经结继续维缴罚自范获行补被要规计认议许讼访诉询请购费起转过这进述通逾部采重量金问集需项题额位单"
    "0123456789.,/-+()（）、，：:“”"
)
"""The characters of the labels of the form: of two that look alike to the network, a cell rather prints one of them."""
RATHER = 10.0  # how many times likelier than any other a character of a label is, before it is looked at


class Number(NamedTuple):
    """What a line says if nothing but digits and their marks is printed: text, and the least probability of any of
    its characters (and of nothing being there where none is read)."""

    text: str
    score: float


class Look(NamedTuple):
    """One reading of one line: free text with its mean probability, the number, if it is one, and what is read if it
    is a label of the form."""

    text: str
    score: float
    number: Number | None
    label: Number = Number("", 0.0)


class TextBox(NamedTuple):
    """A line of text as found, in pixels from the top left."""

    x0: float
    top: float
    x1: float
    bottom: float
    score: float


@lru_cache(maxsize=1)
def ocr_available() -> bool:
    """Whether the extra is installed; loads nothing."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2", "numpy", "PIL"))


@lru_cache(maxsize=1)
def load_engine() -> Engine:
    """The one engine of this process. Raises `UnreadableDocument` where the extra is not installed."""
    if not ocr_available():
        raise UnreadableDocument(NEEDED)
    try:
        return Engine()
    except ImportError as error:
        raise UnreadableDocument(NEEDED) from error


class Engine:
    """Finds and recognises lines of text in grey pictures (uint8, dark on bright)."""

    def __init__(self) -> None:
        import cv2  # noqa: PLC0415

        # It reports to its maker where it may, and leaves a file of a session: both must be said for it not to.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import numpy as np  # noqa: PLC0415
        import onnxruntime  # noqa: PLC0415

        onnxruntime.disable_telemetry_events()

        cv2.setNumThreads(THREADS)
        spec = find_spec("rapidocr")
        if spec is None or not spec.submodule_search_locations:
            raise ImportError("rapidocr")
        models = Path(next(iter(spec.submodule_search_locations))) / "models"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = THREADS
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        sessions = []
        for kind in ("det", "rec", "cls"):
            found = sorted(models.glob(f"*_{kind}_*.onnx"))
            if not found:
                raise ImportError(f"rapidocr without its model {kind}")
            sessions.append(
                onnxruntime.InferenceSession(str(found[-1]), sess_options=options, providers=["CPUExecutionProvider"])
            )
        self._detector, self._recogniser, self._classifier = sessions
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *characters, " "]
        self._symbols = _Symbols.of(self._characters)
        self._twins = _find_twins(self._characters)
        where = {character: index for index, character in enumerate(self._characters)}
        self._labels = np.array([where[character] for character in LABELS if character in where])

    def find_text(self, grey: Grey) -> list[TextBox]:
        """Boxes of lines of text, from top to bottom; the picture's text should be some 15 to 40 pixels high."""
        import cv2  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        height, width = grey.shape
        wide = max(DETECTION_STEP, round(width / DETECTION_STEP) * DETECTION_STEP)
        high = max(DETECTION_STEP, round(height / DETECTION_STEP) * DETECTION_STEP)
        resized = cv2.resize(grey, (wide, high)).astype(np.float32) / 127.5 - 1.0
        tensor = np.broadcast_to(resized, (1, 3, high, wide))
        (output,) = self._detector.run(None, {self._detector.get_inputs()[0].name: np.ascontiguousarray(tensor)})
        chances = output[0, 0]
        mask = cv2.dilate((chances > TEXT_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        boxes = []
        for contour in contours[:MAX_BOXES]:
            x, y, w, h = cv2.boundingRect(contour)
            if min(w, h) < 3:
                continue
            inside = np.zeros((h, w), np.uint8)
            cv2.drawContours(inside, [contour], -1, 1, -1, offset=(-x, -y))
            score = float(cv2.mean(chances[y : y + h, x : x + w], inside)[0])
            if score < BOX_THRESHOLD:
                continue
            grow = w * h * UNCLIP / (2 * (w + h))  # the network draws lines thinner than they are
            kx, ky = width / wide, height / high
            box = (max(0.0, (x - grow) * kx), max(0.0, (y - grow) * ky))
            end = (min(float(width), (x + w + grow) * kx), min(float(height), (y + h + grow) * ky))
            boxes.append(TextBox(*box, *end, score))
        return sorted(boxes, key=lambda box: (box.top, box.x0))

    def weigh_heads(self, lines: Sequence[Grey]) -> list[float]:
        """How likely each picture of a line stands on its head."""
        import cv2  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        tensor = np.zeros((len(lines), 3, LINE_HEIGHT, HEAD_WIDTH), np.float32)
        for index, line in enumerate(lines):
            wide = min(HEAD_WIDTH, _width_of(line))
            tensor[index, :, :, :wide] = cv2.resize(line, (wide, LINE_HEIGHT)).astype(np.float32) / 127.5 - 1.0
        (output,) = self._classifier.run(None, {self._classifier.get_inputs()[0].name: tensor})
        return [float(chances[1]) for chances in output]

    def recognise(self, lines: Sequence[Grey]) -> list[Look]:
        """What each picture of one line says, in the order given. Memory is bounded, whatever the number of lines."""
        sizes = [_width_of(line) for line in lines]
        order = sorted(range(len(lines)), key=lambda i: sizes[i])
        looks: dict[int, Look] = {}
        batch: list[int] = []
        for index in order:
            if batch and (len(batch) + 1) * sizes[index] > BATCH_WIDTH:
                looks.update(zip(batch, self._run([lines[i] for i in batch], sizes[batch[-1]]), strict=True))
                batch = []
            batch.append(index)
        if batch:
            looks.update(zip(batch, self._run([lines[i] for i in batch], sizes[batch[-1]]), strict=True))
        return [looks[index] for index in range(len(lines))]

    def _run(self, lines: Sequence[Grey], width: int) -> list[Look]:
        import cv2  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        tensor = np.zeros((len(lines), 3, LINE_HEIGHT, width), np.float32)
        for index, line in enumerate(lines):
            wide = min(width, _width_of(line))
            shrinks = line.shape[0] > LINE_HEIGHT
            resized = cv2.resize(
                line, (wide, LINE_HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            )
            tensor[index, :, :, :wide] = resized.astype(np.float32) / 127.5 - 1.0
        (output,) = self._recogniser.run(None, {self._recogniser.get_inputs()[0].name: tensor})
        return [self._decode(chances) for chances in output]

    def _decode(self, chances: Any) -> Look:
        """What the chances of every class at every step say, as text, as a number, and as a label."""
        import numpy as np  # noqa: PLC0415

        best, steps = chances.argmax(axis=1), np.arange(len(chances))
        sure = chances[steps, best] + np.where(self._twins[best] >= 0, chances[steps, self._twins[best]], 0.0)
        text, score = self._collapse(best, sure)
        # A character of a label is taken unless another is far likelier, and weighed against the others as much.
        own = chances[:, self._labels]
        likeliest = self._labels[own.argmax(axis=1)]
        nothing = (best == 0) | (best == len(self._characters) - 1)
        known = ~nothing & (own.max(axis=1) * RATHER >= chances[steps, best])
        peak = own.max(axis=1) + np.where(self._twins[likeliest] >= 0, chances[steps, self._twins[likeliest]], 0.0)
        others = 1.0 - chances[:, 0] - chances[:, -1] - own.sum(axis=1)
        weighed = np.minimum(peak / np.maximum(own.sum(axis=1) + others / RATHER, 1e-9), 1.0)
        label = self._collapse(np.where(known, likeliest, best), np.where(known, weighed, sure))
        return Look(text, score, self._symbols.decode(chances), label)

    def _collapse(self, best: Any, scores: Any) -> Number:
        """CTC: the class chosen at every step; repeats of one class are one character, class 0 is none."""
        text, kept, before = [], [], 0
        for step, index in enumerate(best.tolist()):
            if index and index != before:
                text.append(self._characters[index])
                kept.append(float(scores[step]))
            before = index
        return Number("".join(text).strip(), sum(kept) / len(kept) if kept else 0.0)


def _find_twins(characters: Sequence[str]) -> Any:
    """For each class that of the same character in its other width, else -1: the network tells ( and （ no better than
    a reader."""
    import numpy as np  # noqa: PLC0415

    where = {character: index for index, character in enumerate(characters)}
    twins = np.full(len(characters), -1)
    for character, index in where.items():
        if len(character) == 1 and "!" <= character <= "~":
            wide = where.get(chr(ord(character) + 0xFEE0))
            if wide is not None:
                twins[index], twins[wide] = wide, index
    return twins


def _width_of(line: Grey) -> int:
    """The width of a line at the height of the recogniser."""
    return int(min(MAX_WIDTH, max(LEAST_WIDTH, -(-LINE_HEIGHT * line.shape[1] // line.shape[0]))))


@dataclass(frozen=True, slots=True)
class _Symbols:
    """The classes of the recogniser that are one symbol of a number."""

    names: str
    classes: tuple[tuple[int, ...], ...]
    alone: tuple[tuple[int, ...], ...]
    blank: int

    @classmethod
    def of(cls, characters: Sequence[str]) -> _Symbols:
        where = {character: index for index, character in enumerate(characters)}
        classes = tuple(tuple(where[c] for c in same if c in where) for same in SAME.values())
        alone = tuple(tuple(where[c] for c in ALONE.get(name, "") if c in where) for name in SAME)
        return cls("".join(SAME), classes, alone, len(characters) - 1)

    def decode(self, chances: Any) -> Number | None:
        """The number, or None where any step rather says something else."""
        number = self._decode(chances, self.classes)
        if number is None or len(number.text) == 1:
            wider = tuple(own + more for own, more in zip(self.classes, self.alone, strict=True))
            alone = self._decode(chances, wider)
            if alone is not None and len(alone.text) == 1:
                return alone
        return number

    def _decode(self, chances: Any, classes: tuple[tuple[int, ...], ...]) -> Number | None:
        import numpy as np  # noqa: PLC0415

        symbols = np.stack([chances[:, group].sum(axis=1) for group in classes], axis=1)
        nothing = chances[:, 0] + chances[:, self.blank]
        other = 1.0 - symbols.sum(axis=1) - nothing
        best = symbols.argmax(axis=1)
        peak = symbols.max(axis=1)
        score, before, last = 1.0, -1, -1
        runs: list[tuple[int, float]] = []  # symbol and its best chance
        for step in range(len(chances)):
            if other[step] > max(peak[step], nothing[step]):
                return None
            if peak[step] > nothing[step]:
                symbol = int(best[step])
                if symbol == before:
                    runs[-1] = (symbol, max(runs[-1][1], float(peak[step])))
                else:
                    runs.append((symbol, float(peak[step])))
                before = last = symbol
                continue
            before = -1
            following = int(best[step + 1]) if step + 1 < len(chances) and peak[step + 1] > nothing[step + 1] else -1
            if best[step] not in (last if step and peak[step - 1] > nothing[step - 1] else -1, following):
                score = min(score, 1.0 - float(peak[step]))  # a character that was nearly read
        if not runs:
            return None
        return Number("".join(self.names[symbol] for symbol, _ in runs), min([score, *(chance for _, chance in runs)]))
