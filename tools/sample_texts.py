"""The words of the sample content. Written for this project; nothing is quoted from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    """A sentence of a course and the pieces it is built from, each as (known, target)."""

    sentence: tuple[str, str]
    pieces: tuple[tuple[str, str], ...] = ()
    presentation: str = ""  # how the teacher introduces the first piece


ITALIAN = (
    Seed(
        ("I want to speak Italian with you now.", "Voglio parlare italiano con te adesso."),
        (
            ("I want", "voglio"),
            ("to speak", "parlare"),
            ("with you", "con te"),
            ("now", "adesso"),
        ),
        "The Italian for: I want, is:",
    ),
    Seed(
        ("I'm trying to learn.", "Sto provando a imparare."),
        (("I'm trying", "sto provando"), ("to learn", "imparare")),
        "The Italian for: I'm trying, is:",
    ),
    Seed(
        ("How to speak as often as possible.", "Come parlare il più spesso possibile."),
        (("as often as possible", "il più spesso possibile"),),
        "The Italian for: as often as possible, is:",
    ),
    Seed(
        ("How to say something in Italian.", "Come dire qualcosa in italiano."),
        (("something", "qualcosa"), ("in Italian", "in italiano")),
        "The Italian for: something, is:",
    ),
    Seed(
        ("I'm trying to remember a word.", "Sto provando a ricordare una parola."),
        (("to remember", "ricordare"), ("a word", "una parola")),
    ),
    Seed(("I want to try today.", "Voglio provare oggi."), (("today", "oggi"),)),
    Seed(
        ("I'm going to explain what I mean.", "Spiegherò cosa intendo."),
        (("what I mean", "cosa intendo"),),
    ),
    Seed(("I speak a little Italian.", "Parlo un po' di italiano."), (("a little", "un po'"),)),
    Seed(
        ("Do you speak Italian all day?", "Parli italiano tutto il giorno?"),
        (("all day", "tutto il giorno"), ("yes", "sì")),
    ),
)
WELSH = (
    Seed(
        ("I want to speak Welsh.", "Dw i eisiau siarad Cymraeg."),
        (("I want", "dw i eisiau"), ("to speak", "siarad")),
        "The Welsh for: I want, is:",
    ),
    Seed(
        ("I'm trying to learn.", "Dw i'n trio dysgu."),
        (("to learn", "dysgu"),),
        "The Welsh for: to learn, is:",
    ),
    Seed(
        ("I want to speak Welsh with you now.", "Dw i eisiau siarad Cymraeg gyda ti nawr."),
        (("with you", "gyda ti"), ("now", "nawr")),
    ),
    Seed(
        ("How to say something in Welsh.", "Sut i ddweud rhywbeth yn Gymraeg."),
        (("something", "rhywbeth"),),
        "The Welsh for: something, is:",
    ),
    Seed(("I want to remember a word.", "Dw i eisiau cofio gair."), (("a word", "gair"),)),
    Seed(("Good morning.", "Bore da.")),
    Seed(("Thank you very much.", "Diolch yn fawr.")),
)
ENCOURAGEMENTS = (
    "You're doing really well.",
    "Mistakes are how you learn.",
    "Well done. Take a breath.",
    "Say it out loud, even when you are not sure.",
    "Keep going, one sentence at a time.",
    "If it slipped away, it will come back.",
    "That effort is your memory growing.",
    "Don't worry about getting it wrong.",
)
WELCOMES = {
    "ita": "Welcome to Italian. Say every answer out loud, and enjoy it.",
    "cym": "Welcome to Welsh. Croeso! You will be speaking in minutes.",
    "spa": "Welcome to Spanish. Relax, listen and speak.",
}
OLD_WELCOME = "Welcome to the Italian course."

STORIES: tuple[tuple[str, str, str, str], ...] = (  # file name, voice, text, what is special
    (
        "The Owl Who Counted Stars.mp3",
        "en-gb+f2",
        (
            "Every evening, a small owl counted the stars. One cloudy night there were none. "
            "So she counted the windows of the village instead, until each of them went dark. "
            "Good night, said the owl. That was all of them."
        ),
        "transcript",
    ),
    (
        "the-little-tugboat.mp3",
        "en-gb+m3",
        (
            "The little tugboat could not go fast. But when the great ship was stuck in the mud, "
            "he pulled, and he puffed, and he pulled again. Slowly, the great ship moved. "
            "Thank you, she said, with a very deep horn."
        ),
        "transcript",
    ),
    (
        "Rain on the roof (poem).mp3",
        "en-gb+f3",
        (
            "Rain on the roof, and rain on the tree. Rain on the hat of the man by the sea. "
            "Rain on the garden, the road and the town. Softly, so softly, the sky tumbles down."
        ),
        "transcript",
    ),
    (
        "snail-and-the-moon.mp3",
        "en-gb+m1",
        (
            "A snail set out to visit the moon. It walked all night along the garden wall. "
            "In the morning the moon was gone. "
            "Never mind, said the snail. I will be early tomorrow."
        ),
        "",
    ),
    (
        "Bär & Eule – Gute Nacht 🌙.mp3",
        "de+m3",
        (
            "Der Bär war müde, die Eule war wach. Wer wacht, wenn ich schlafe? fragte der Bär. "
            "Ich, sagte die Eule. Und wer singt, wenn du schläfst? Du, sagte die Eule. Gute Nacht."
        ),
        "transcript",
    ),
    (
        "night-train.mp3",
        "en-gb+m2",
        (
            "The night train hums through fields of wheat. It has no hurry, it keeps its beat. "
            "Over the river, under the hill. And when you wake up, it is humming still."
        ),
        "44.1 kHz",
    ),
    (
        "goodnight-garden.mp3",
        "en-gb+f2",
        "Good night, tall beans. Good night, round peas. Good night to the last of the bumblebees.",
        "short",
    ),
)

ANSWERS: tuple[tuple[str, str], ...] = (  # what learners said in the speech coach
    ("it+m5", "Buongiorno, mi chiamo Anna e sto imparando l'italiano."),
    ("it+f1", "Vorrei un caffè, per favore."),
    ("cy+m2", "Bore da, sut wyt ti heddiw?"),
    ("en-gb+m5", "The quick tram stops right in front of the old town hall."),
)

ODD_NAMES: tuple[str, ...] = (
    "two  spaces and a trailing one .mp3",
    "plus + sign & more=1;x.mp3",
    "100%2Fpercent %41.mp3",
    "hash # and question ?.mp3",
    "\"double\" and 'single' quotes.mp3",
    "caf\u00e9 (one letter).mp3",  # NFC
    "cafe\u0301 (letter and accent).mp3",  # NFD
    "🦉🎧 emoji.mp3",
    "你好，世界.mp3",
    "שלום.mp3",
    "<script>alert(1)<script>.mp3",
    "<img src=x onerror=alert(1)>.mp3",
    "![](http:x).mp3",
    "[click](javascript:alert(1)).mp3",
    ":red[**bold**] $x^2$ `code`.mp3",
    '=HYPERLINK("http:x","click").mp3',
    "@SUM(1+1).mp3",
    "-rf.mp3",
    ".hidden.mp3",
    "con.mp3",
    "x" * 180 + ".mp3",
)
