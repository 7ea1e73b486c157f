"""Which language a text is in: by its script, and by small words where several languages share one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

UNKNOWN = "unknown"
LEAST = 3  # words from which on a text in Latin letters is judged
SHARE = 0.08  # of the words that must be small words of the language
DIFFERENT = 2  # small words that must occur; one is enough for English, which shares few of its own
AHEAD = 1.15  # times as many small words as the next language
READ = 2000  # characters of a text

_SCRIPTS = {
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "kana": re.compile(r"[\u3040-\u30ff]"),
    "zh": re.compile(r"[\u3400-\u9fff\uf900-\ufaff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
}
_SMALL = {
    "en": "the and of to in is for with on a an that this from by are as his her it at or you your be has who when "
    "their into was not but they have will",
    "de": "der die das und ist nicht ein eine einen mit von zu den dem des auf für im sich als auch es an werden aus "
    "bei wird sind oder wie nach",
    "fr": "le la les des et est une un du en pour dans que qui avec sur pas au par ce sont il elle plus ne se ou aux "
    "son sa vous votre",
    "es": "el la los las de y en que un una para con por del se es su al como más no lo o sus este esta son pero muy",
    "pt": "o a os as de e em que um uma para com por do da dos das no na não se é ao mais como seu sua ou pelo são "
    "você",
    "it": "il lo la gli le di e in che un una per con del della dei non è si al da sono come più nel alla anche o "
    "questo suo",
    "nl": "de het een en van in is op te dat met voor niet zijn aan er die als om ook bij naar uit maar wordt je",
    "pl": "i w na z do nie się jest to że o jak dla po od przez są oraz za tym ale jego",
    "sv": "och att det som en på är av för med den till inte om ett har de från var",
    "tr": "ve bir bu için ile da de çok olan gibi daha en ne kadar olarak sonra her",
    "id": "yang dan di dengan untuk dari ini pada itu tidak dalam adalah ke atau oleh akan",
    "vi": "và của là có trong cho không với một các được những người này để",
}
_WORDS = {name: frozenset(words.split()) for name, words in _SMALL.items()}
_SHARED = Counter(word for words in _WORDS.values() for word in words)
_WORD = re.compile(r"[^\W\d_]+")
_PERSIAN, _UKRAINIAN = re.compile(r"[پچژگ]"), re.compile(r"[іїєґ]")

NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "sv": "Swedish",
    "tr": "Turkish",
    "id": "Indonesian",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "uk": "Ukrainian",
    "ar": "Arabic",
    "fa": "Persian",
    "el": "Greek",
    "he": "Hebrew",
    "th": "Thai",
    "hi": "Hindi",
    UNKNOWN: "not told",
}


def small_words() -> frozenset[str]:
    """Words of all the languages here that say nothing of what a text is about."""
    return frozenset(_SHARED)


def language(text: str) -> str:
    """Code of the language of `text`, such as "en" or "zh"; "unknown" where it is too short or of none of ours.

    The script decides where it belongs to one language; else the language whose small words ("the", "und") are
    most of the text, each counted less the more languages share it.
    """
    text = text[:READ].casefold()
    counts = {name: len(found.findall(text)) for name, found in _SCRIPTS.items()}
    letters = sum(counts.values())
    if not letters:
        return UNKNOWN
    if counts["kana"] > 0.1 * (counts["kana"] + counts["zh"] + 1) and counts["kana"] + counts["zh"] > 0.3 * letters:
        return "ja"
    main = max(counts, key=lambda name: counts[name] * (2 if name == "zh" else 1))  # a character is about half a word
    if main == "latin":
        return _latin(_WORD.findall(text))
    if main == "cyrillic":
        return "uk" if _UKRAINIAN.search(text) else "ru"
    if main == "arabic":
        return "fa" if _PERSIAN.search(text) else "ar"
    return "ja" if main == "kana" else main


def _latin(words: list[str]) -> str:
    if len(words) < LEAST:
        return UNKNOWN
    told = Counter(words)
    scores = {name: sum(told[word] / _SHARED[word] for word in small if word in told) for name, small in _WORDS.items()}
    (best, most), (_, next_) = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
    sure = most >= SHARE * len(words) and most >= AHEAD * next_
    different = sum(word in told for word in _WORDS[best])
    return best if sure and (different >= DIFFERENT or (best == "en" and different)) else UNKNOWN


def languages(texts: Iterable[str]) -> dict[str, int]:
    """How many texts are in each language, most first; empty ones are left out."""
    return dict(Counter(language(text) for text in texts if text.strip()).most_common())
