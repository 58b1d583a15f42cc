"""What stands before a term and makes it something else: 김민수 씨 발, 두 개 같이, 열 시 밤, 토끼 새끼, 화면이 꺼지던데요.

Rules of grammar, not of single words: an honorific after a name, a counter after a number, the young of an animal, a thing that
goes out. They take hits of the Korean matcher back, and only where the syllables stand as the rule wants them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from transcripts.masking import phrases, senses
from transcripts.masking.hits import Hit
from transcripts.masking.normalise import Kind, Unit
from transcripts.masking.place import ANIMALS, GRAVE, SURE_SURNAMES, Place, place_of

SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진나지엄"
    "채원방공현변염추도소석선설마길연위표명기반라왕금옥육인맹제모탁국"
)
GIVEN = (
    "민지서예하은유수채다도시주윤현준우영정미경혜선성상승재동태진종광병대기인용철창건강규근길"
    "나남덕두명무문범보복봉석세소송순슬신아양연옥완요원의일장종찬천춘필해향헌형호홍화효훈희중"
)
LAST = (
    "민수현우진영희정은연아서윤호준지원경숙자철석훈성미나라솔빈혁규태환식용선화주혜란순옥림율"
    "찬결온유재인범섭엽헌학형욱운웅일택휘예소슬봄별길동기"
)
NAME = re.compile(rf"[{SURNAMES}][{GIVEN}][{LAST}]|[{SURE_SURNAMES}]")

HOURS = re.compile(r"(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|열한|열두|몇)")
NUMBERS = re.compile(
    r"(?![일이삼사오육칠팔구]$)(?:\d|[일이삼사오육칠팔구십백천만]|한|두|세|네|서너|너댓|다섯|여섯|일곱|여덟|아홉|열|"
    r"스무|스물|서른|마흔|쉰|예순|일흔|여든|아흔|몇|여러|수십|수백)+"
)
COUNTERS = "개돌병조"

YOUNG = re.compile(rf"(?:{ANIMALS})(?:가|이|의|는|은|도|와|과|랑|하고)?|개(?:와|랑|하고)")
PECKS = re.compile(
    r"(?:닭|병아리|새|오리|참새|비둘기|까치|까마귀|앵무새|타조|거위|딱따구리|칠면조)(?:가|이|들이)"
)
SEASONING = re.compile(
    r".*(?:기름|소스|드레싱|꿀|즙|가루|케첩|마요네즈|간장|식초|소금|설탕|후추|겨자|와사비|"
    r"시럽|양념|조미료|초장|쌈장|액젓|머스터드|치즈|버터|크림)"
    r"(?:을|를|만|도|좀|이나|나)?|좀|더|많이|듬뿍"
)
WIFE = re.compile(r"제|내|저희|우리")
VESSEL = re.compile(
    r"(?:.*(?:가방|지갑|상자|박스|집게|펜치|깡통|메기|상어|악어|물고기|뱀|항아리|독|병|자루|포대|솥|주전자|그릇|봉투|봉지|주머니|단지|물총|호스|물통|쌀통|"
    r"꽃병|화병|컵|깔때기|시루|오리|새|인형))(?:의)?"
)
DOLL = re.compile(r".*(?:인형|생선|동태|명태|물고기|조기|갈치|참치|고등어)(?:의)?")
FISH = re.compile(
    r".*(?:멸치|갈치|새우|오징어|명란|창란|황석어|조개|어리굴|낙지|꼴뚜기|까나리|밴댕이|토하|"
    r"조기|황새기|가리비|전어|대구|아가미|육)"
)
PEOPLE = re.compile(
    r".*(?:놈|년|새끼|것|것들|인간|자식|상담원|직원|사장|사장님|대표|팀장|점장|기사|애|애들|"
    r"사람|네|니|너|당신|너희|니들|지|쟤|걔|얘|누구|여자|남자|아줌마|아저씨|손님|고객|선생|선생님|학생|아들|딸|엄마|"
    r"아빠|언니|오빠|누나|동생|친구|부장|과장|차장|대리|실장|원장|회장|이사|교수|의사|간호사|기자|배달원|관리자|담당자|"
    r"책임자|주둥|주둥아리|아가리|입|공무원|경찰|노인|영감|할매|할머니|할아버지|꼰대|님|양반|다|따)[이가]"
)
WHILE = re.compile(r"(?!이따|있다|가다|놀다|까불다|떠들다)[가-힣]+다가|[가-힣]+(?:자마자|[에서]도|는데)")
"""쓰다가 꺼져: what goes out in the middle of something. 이따가 꺼져 is told to somebody."""
THING = re.compile(r"[가-힣a-z\d]{2,}[이가]|[불폰앱등탑땅눈볼]이|[차배]가|화면|전원|앱|불")
DEVICE = re.compile(
    r".*(?:불|등|화면|전원|폰|전화|전화기|컴퓨터|노트북|모니터|티비|텔레비전|티브이|tv|앱|에어컨|보일러|조명|시동|차|"
    r"엔진|냉장고|세탁기|건조기|배터리|공유기|카메라|램프|와이파이|인터넷|기계|기기|히터|선풍기|난로|가스|버너|"
    r"렌지|레인지|오븐|밥솥|청소기|제습기|가습기|프린터|태블릿|패드|스피커|이어폰|시계|워치|게임기|셋톱박스|알람)[은는도]"
)
"""Of these it is also said with 은, 는 and 도; 너는, 이제는 and 오늘은 are said to people."""
HAPPENS = re.compile(
    r".*(?:위기|재난|재앙|시험|태풍|추위|더위|한파|폭우|장마|가뭄|지진|어려움|불행|마감|위험|"
    r"겨울|여름|명절|연말|문제|일|사고|죽음|고비|현실|기일|파도|폭풍|난관|폭염|폭설|홍수|눈보라|한계|순간|날|때|이별|"
    r"전쟁|위협|상황|변화|미래|불황|침체|파산|시련|고난|고통|운명|비극|난리|사태|대란|질병|추석|설날|고사|면접|입시|"
    r"수능|만기|계절)(?:이|가|은|는|도)?"
)
JOINING = re.compile(r"[가-힣]*[아어여해가와봐려겨켜춰워러써사자타커내대세펴져쳐려해라파빠퍼]")
INTERJECTIONS = frozenset(["아", "어", "야", "와", "자", "이야", "아아", "어어"])
ORIGIN = re.compile(r"[가-힣]+의")
OWNED = re.compile(r"우리|저희|옆집|윗집|앞집|뒷집|이웃|이웃집|동네|친구네|남의|아랫집")

WASHING = re.compile(
    r".*(?:이불|옷|셔츠|바지|양말|운동화|신발|커튼|빨래|수건|침구|패딩|코트|인형|행주|걸레|"
    r"시트)(?:을|를|도|만|좀)?"
)
TITLE = re.compile(
    r"이?라(?:는|고하는)(?:책|영화|소설|노래|드라마|제목|만화|웹툰|게임|연극|앨범|곡|가수|밴드|그룹|가게|식당|카페|"
    r"브랜드|상표|지명|마을|사투리|방언|생선|물고기|식물|나무|풀|꽃|오페라|뮤지컬|부품|도구|기계|미끼|음식|요리|떡|술|품종|이름|강아지|고양이|캐릭터|동화|시집|상호|회사|업체|닉네임|아이디|별명)"
)
BEGGED = re.compile(
    r"고|는|던|으|었|며|지[는도만 ]|다가|[을]?(?:만큼|정도|처지|형편|지경|팔자|수는|수도|수밖)"
)
PICKED = re.compile(
    r"(?:은|는|던|을|다가?)?(?:딸기|사과|포도|귤|감|밤|대추|복숭아|자두|살구|앵두|오디|체리|토마토|블루베리|고추|상추|"
    r"오이|과일|열매|버찌|무화과|배값)"
)
SEARCHED = re.compile(r"[가-힣]{2,}[을를]")
VERMIN = re.compile(r"개|게|쥐|벌레|바퀴벌레|돼지|뱀|소|말|닭|파리|모기")
SEEN = re.compile(
    r"(?:들)?(?:가|이|를|을|도)?(?:나왔|나와|나오|기어|돌아다|발견|태어|낳|봤|보였|보여|"
    r"값|가격|얼마|키우|사료|퇴치|방역|덫|끈끈이|들어왔|귀엽|귀여|분양|사진|손질|입양|먹이주|도망나|도망갔|수조|그물|꿈|(?:랑|하고)싸[워웠]|[한두세네몇열]마리|다섯마리|여섯마리)"
)
SO_TO_SAY = re.compile(r"까(?!고|지|네|라)|게(?:없|있|아니)|지(?!좀?[마말])|것|만한|수있|수도|수는")
MOCKING = re.compile(r"(?:개|생|쌩|이|저|그|뭔|웬|별)")


Rule = Callable[[Place], bool]


def harmless(row: list[Unit], hit: Hit) -> bool:
    """Whether what stands around a hit makes it an ordinary word."""
    kind = row[hit.first].kind
    if kind is Kind.JAMO:
        return senses.is_a_key(place_of(row, hit))
    if kind is Kind.DIGIT:
        return senses.lasts(place_of(row, hit))
    if kind is not Kind.HANGUL:
        return False
    place = place_of(row, hit)
    begins = hit.first == 0 or row[hit.first - 1].kind is Kind.SPACE
    return any(rule(place) for rule in (RULES if begins else INSIDE))


def _is_title(place: Place) -> bool:
    """김민수 씨 발, 박 씨 부리나케: 씨 belongs to the name."""
    return place.text[0] == "씨" and place.is_split_after_first and bool(NAME.fullmatch(place.before))


def _is_hour(place: Place) -> bool:
    """열 시 밤: an hour, and a word of its own."""
    return place.text[0] == "시" and place.is_split_after_first and bool(HOURS.fullmatch(place.before))


def _is_counter(place: Place) -> bool:
    """스무 개 같이, 한 돌 아이: so many pieces."""
    split = place.is_split_after_first and place.text[0] in COUNTERS
    return split and bool(NUMBERS.fullmatch(place.before))


def _is_years(place: Place) -> bool:
    """이 년 아니고: two years, when both stand alone."""
    return place.text.startswith("이년") and {1, 2} <= set(place.spaces)


def _is_young(place: Place) -> bool:
    """토끼 새끼. A dog's, a pig's or a rat's are insults, unless they are seen, born or sold."""
    if place.text == "새끼" and YOUNG.fullmatch(place.before):
        return True
    apart = place.text.endswith("새끼") and (place.text == "새끼" or len(place.text) - 2 in place.spaces)
    animal = place.before if place.text == "새끼" else place.text.removesuffix("새끼")
    return bool(apart and VERMIN.fullmatch(animal) and SEEN.match(place.following))


def _pecks(place: Place) -> bool:
    return place.text == "쪼다" and bool(PECKS.fullmatch(place.before))


def _is_seasoned(place: Place) -> bool:
    """참기름 쳐 먹으면; 제 처 먹는 약."""
    if not place.is_split_after_first or place.text[1:2] != "먹":
        return False
    if place.text[0] == "처":
        return bool(WIFE.fullmatch(place.before))
    return place.text[0] == "쳐" and bool(SEASONING.fullmatch(place.before))


def _is_part_of_a_thing(place: Place) -> bool:
    """항아리 아가리, 인형 눈깔."""
    if place.text.startswith(("아가리", "주둥이", "주둥아리")):
        return bool(VESSEL.fullmatch(place.before))
    return place.text == "눈깔" and bool(DOLL.fullmatch(place.before))


def _is_salted(place: Place) -> bool:
    """멸치 젓 같은."""
    return place.text.startswith("젓같") and bool(FISH.fullmatch(place.before))


def _goes_out(place: Place) -> bool:
    """화면이 꺼지던데요; nobody's screen is told to go."""
    if not place.text.startswith(("꺼지", "꺼져", "꺼졌")):
        return False
    if WHILE.fullmatch(place.before):
        return not place.following.startswith("라")
    is_thing = THING.fullmatch(place.before) or DEVICE.fullmatch(place.before)
    return bool(is_thing) and not PEOPLE.fullmatch(place.before)


def _happens(place: Place) -> bool:
    """재난이 닥치게 되면; 독감이 닥쳐 병원이 붐벼요."""
    if not place.text.startswith("닥"):
        return False
    is_thing = THING.fullmatch(place.before) and not PEOPLE.fullmatch(place.before)
    return bool(HAPPENS.fullmatch(place.before) or is_thing)


def _is_tried(place: Place) -> bool:
    """먹어 보지 냄새만: 보다 after another verb; 배고파 죽을라고: so much."""
    if not place.text.startswith(("보지", "죽을")) or place.before in INTERJECTIONS:
        return False
    long_enough = len(place.before) > 1 or (place.text.startswith("보지") and 2 in place.spaces)
    return long_enough and bool(JOINING.fullmatch(place.before))


def _is_origin(place: Place) -> bool:
    """분쟁의 시발은: where something began."""
    origin = place.text == "시발" and not place.spaces and ORIGIN.fullmatch(place.before)
    return bool(origin) and place.after[:1] in ("이", "은", "을", "로", "과")


def _is_a_dog(place: Place) -> bool:
    """우리 개 소리가."""
    return (
        place.text.startswith("개소리") and place.is_split_after_first and bool(OWNED.fullmatch(place.before))
    )


def _is_ten(place: Place) -> bool:
    """화살 십 발: ten of something."""
    return place.text[0] == "십" and place.is_split_after_first and not re.search("[새세]|놈|년", place.text)


def _is_a_name(place: Place) -> bool:
    """엄창식."""
    return place.text == "엄창" and place.after[:1] in tuple(LAST)


def _is_in_need(place: Place) -> bool:
    """위기에 처해 먹고살기."""
    return place.text.startswith("처해") and 2 in place.spaces and place.before.endswith("에")


def _is_so_to_say(place: Place) -> bool:
    """편지랄까, 이미지랄 것도: the last syllable of a noun, and what it may be called."""
    return (
        place.text == "지랄"
        and bool(SO_TO_SAY.match(place.following))
        and not MOCKING.fullmatch(place.before)
    )


def _is_washed(place: Place) -> bool:
    """이불 빨아 줄래요."""
    return place.text.startswith("빨아") and bool(WASHING.fullmatch(place.before))


def _begs(place: Place) -> bool:
    """밥을 빌어먹고 다녔다, 빌어먹을 만큼: the verb itself; the curse stands before a noun."""
    stem = place.text.removesuffix("을")
    return stem == "빌어먹" and bool(BEGGED.match(place.following))


def _is_picked(place: Place) -> bool:
    """따먹은 딸기."""
    return place.text.startswith("따먹") and bool(PICKED.match(place.text[2:] + place.following))


def _is_searched(place: Place) -> bool:
    """휴지통을 뒤져라."""
    return place.text.startswith("뒤져") and bool(SEARCHED.fullmatch(place.before))


def _is_a_title(place: Place) -> bool:
    """멍청이라는 노래. The worst words are hidden wherever they stand."""
    return place.severity < GRAVE and bool(TITLE.match(place.following))


RULES: tuple[Rule, ...] = (
    _is_title,
    _is_hour,
    _is_counter,
    _is_years,
    _is_young,
    _pecks,
    _is_seasoned,
    _is_part_of_a_thing,
    _is_salted,
    _goes_out,
    _happens,
    _is_tried,
    _is_origin,
    _is_a_dog,
    _is_washed,
    _is_ten,
    _is_a_name,
    _is_in_need,
    phrases.is_bare,
    phrases.is_a_room,
    phrases.is_of_a_year,
    phrases.is_a_writer,
    phrases.is_a_foot,
    phrases.is_counted,
    phrases.is_small,
    phrases.is_pest,
    phrases.is_sore,
    phrases.is_cloth,
    phrases.is_asked,
    phrases.is_dear,
    phrases.is_like_food,
    phrases.is_done,
    phrases.is_a_number,
    phrases.is_told,
    phrases.departs,
    phrases.is_a_year,
    phrases.spreads,
    phrases.sticks,
    phrases.reaches,
    phrases.is_so_far,
    _begs,
    _is_picked,
    _is_searched,
    _is_a_title,
    senses.in_plain_sense,
)
INSIDE: tuple[Rule, ...] = (_is_so_to_say, phrases.is_given, phrases.is_dear)
"""The same for terms inside a word."""
