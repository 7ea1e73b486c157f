import pytest

from tastemaker.learning.exploring.languages import NAMES, language, languages

SAID = {
    "en": "A cowboy doll is jealous when a new spaceman figure takes his place as the top toy in a boy's room.",
    "de": "Ein Cowboy ist eifersüchtig, weil ein neuer Astronaut das liebste Spielzeug des Jungen wird und er nicht.",
    "fr": "Une poupée de cow-boy est jalouse quand un nouvel astronaute prend sa place dans la chambre du garçon.",
    "es": "Un vaquero de juguete siente celos cuando llega un nuevo astronauta que ocupa su lugar en la habitación.",
    "pt": "Um boneco vaqueiro fica com ciúmes quando um novo astronauta toma o seu lugar no quarto do menino.",
    "it": "Un pupazzo cowboy è geloso quando un nuovo astronauta prende il suo posto nella stanza del bambino.",
    "nl": "Een cowboypop is jaloers wanneer een nieuwe ruimtevaarder zijn plaats in de kamer van het kind inneemt.",
    "pl": "Kowboj jest zazdrosny, bo nowy astronauta nie tylko zajmuje jego miejsce, ale i serce chłopca.",
    "sv": "En cowboydocka är avundsjuk när en ny astronaut tar hans plats och blir det som pojken leker med.",
    "tr": "Bir kovboy oyuncağı, yeni bir astronot figürü gelince kıskanır ve çocuk için artık ne olduğunu bilmez.",
    "id": "Boneka koboi itu cemburu karena mainan baru dari luar angkasa yang mengambil tempat di kamar dengan mudah.",
    "vi": "Một con búp bê cao bồi ghen tị khi có một món đồ chơi mới và được đặt trong phòng của cậu bé.",
    "zh": "一个牛仔玩偶因为新来的太空人玩具而嫉妒。Toy Story 1995",
    "ja": "カウボーイの人形は新しい宇宙飛行士のおもちゃに嫉妬する。",
    "ko": "카우보이 인형은 새로운 우주인 장난감을 질투한다.",
    "ru": "Ковбой ревнует, когда новая игрушка занимает его место.",
    "uk": "Ковбой ревнує, коли нова іграшка займає його місце.",
    "ar": "دمية راعي البقر تغار من لعبة رائد الفضاء الجديدة",
    "fa": "عروسک گاوچران به اسباب‌بازی جدید حسادت می‌کند پس چه",
    "el": "Μια κούκλα καουμπόι ζηλεύει ένα νέο παιχνίδι.",
    "he": "בובת בוקר מקנאה בצעצוע חדש",
    "th": "ตุ๊กตาคาวบอยอิจฉาของเล่นใหม่",
    "hi": "एक काउबॉय गुड़िया नए खिलौने से जलती है",
}


@pytest.mark.parametrize("code", SAID)
def test_a_sentence_is_told_by_its_language(code):
    assert language(SAID[code]) == code
    assert code in NAMES


@pytest.mark.parametrize(
    "text", ["", "1995", "GoldenEye", "HP 74 Black Ink", "Bic A1 B2 C3 D4", "Jumanji Balto Casino Heat"]
)
def test_what_is_too_short_is_not_told(text):
    assert language(text) == "unknown"


def test_counts_are_sorted_and_leave_out_empty_texts():
    assert languages([SAID["zh"], "", SAID["en"], "  ", SAID["zh"]]) == {"zh": 2, "en": 1}
