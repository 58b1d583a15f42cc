"""Set phrases around a term that tell what it is: 수서 시발 부산행, 염병이 돌던 시절, 얼룩이 묻어 버릴, 금쪽같은 내 새끼.

Rules as those of `contexts`, each for one term or a few.
"""

from __future__ import annotations

import re

from transcripts.masking.place import ANIMALS, GRAVE, SURE_SURNAMES, Place

PLACES = re.compile(
    r"(?:서울|수서|용산|부산|대전|광주|목포|여수|강릉|청량리|인천|대구|동대구|익산|전주|포항|진주|창원|마산|제주|김포|행신|"
    r"광명|천안|춘천|안동|순천|[가-힣]+역|[가-힣]+터미널|[가-힣]+공항|당역|시|[가-힣]+발)(?:에서)?"
)
DEPARTS = re.compile(r"[가-힣]{2,3}행|열차|편|버스|시각|시간|이라고|막차|첫차")
SEXAGENARY = re.compile(
    r"년?(?:달력|띠|운세|사주|생|과?정유|[,과]?을미|[일이삼사오육칠팔구십]+월|원숭이|에태어|도에)"
)
SPREADS = re.compile(
    r"(?:이|은|는|을|도|에)?(?:돌았|돌던|돌아|돌면|퍼지|퍼져|퍼졌|유행|창궐|걸려|걸린|번지|번졌|에방|치료)"
)
STAINS = re.compile(
    r".*(?:얼룩|때|먼지|잉크|물감|기름|흙|커피|국물|립스틱|페인트|피|진흙|껌|향수|냄새|자국)(?:이|가|도|만)?"
)
REACHES = re.compile(
    r".*(?:기대|기준|수준|목표|평균|영향|효력|효과|피해|손해|힘|손길|생각)(?:에|이|을|를|가|까지)"
)
CALLED = re.compile(
    r"(?:님|씨|고객|선생|환자|회원|대리|과장|부장|할머니|할아버지|어르신|초등|중학|고등|대학)"
)
COUNTED = re.compile(
    r"[일이은는을를가인만천백개년원층호명시분살세회도쪽점차조기대건금평박주달번]|페이지|퍼센트|프로|킬로|센티|미터|리터|그램|인치|단계|"
    r"케이|개월"
)
THREATENED = re.compile(r"[가-힣]{0,3}(?:[다라]|ㄴ다)?(?:는|고|며|면서)(?:협박|위협)")
DEAR = re.compile(r"내|우리|제|저희|울|우리집|자기")
FOOD = re.compile(
    r"(?:은|이)?(?:반찬|우유|색|식감|끈적|맛|냄새|모양|음식|과자|사탕|캐러멜|간식|향|달콤|짭짤|찐득|쫀득|쭉쭉)"
)
PESTS = re.compile(
    r".*(?:개미|벌레|모기|파리|진드기|쥐|곰팡이|균|잡초|해충|바이러스|소리|빈대|나방|좀비|몬스터|유충|알|시간|불씨|기)(?:을|를|도|만|까지|들을)?"
)
MEAT = re.compile(r"닭|오리|생선|병|꿩|돼지|물고기|캔|생닭")
SORE = re.compile(
    r"(?:이|가|을|를|에|도)?(?:너무|좀|자꾸)?(?:아프|아파|가렵|가려|헐|쓰리|따갑|따가|막혔|피가|부었|부어)"
)
CLOTH = re.compile(r"천|옷|수건|이불|행주|걸로|화장지|티슈|물티슈|원단|커튼")
CUBS = re.compile(
    rf"(?:{'|'.join(name for name in ANIMALS.split('|') if len(name) > 1)}|쥐|돼지)(?!같|발|처럼|보다|[가-힣]?터)"
)
POINTING = re.compile(r"[이저그요니네너야]|이런|저런|그런|무슨|어떤")

YEARLY = re.compile(
    r"도(?:별|것|입력|칸|표기|이월|실적|금액|결산|매출|예산|자료|기준|보고|분|말|초|에는|부터|까지)"
)
WRITERS = re.compile(r"에밀|소설가|작가")
ACHES = re.compile(r"(?:너무|좀|자꾸)?(?:저리|저려|아프|아파|시리|시려|붓|부어|다쳤|다쳐|커|작|크)")


def is_small(place: Place) -> bool:
    """새끼 상어 동요; but 이 새끼 여우 같네."""
    return place.text == "새끼" and bool(CUBS.match(place.following)) and not POINTING.fullmatch(place.before)


def is_pest(place: Place) -> bool:
    """개미를 죽여 버려야; 닭 목을 따고."""
    if place.text.startswith(("죽여", "때려죽", "밟아죽", "쳐죽", "처죽")):
        return bool(PESTS.fullmatch(place.before))
    return place.text.startswith("목을따") and bool(MEAT.fullmatch(place.before))


def is_sore(place: Place) -> bool:
    """똥구멍이 아프대요."""
    return place.text == "똥구멍" and bool(SORE.match(place.following))


def is_cloth(place: Place) -> bool:
    """걸레 같은 천."""
    return place.text == "걸레같은" and bool(CLOTH.match(place.following))


def is_asked(place: Place) -> bool:
    """모텔 가자고 하는 문자: somebody else's words."""
    return place.text.endswith(("가자", "자자", "하자")) and bool(
        re.match(r"고(?:하|해|했|함|한|그러|말|문자)", place.following)
    )


def is_a_room(place: Place) -> bool:
    """씨 팔 호: letters and digits said one by one."""
    said = place.text in ("씨팔", "시팔", "에이씨팔") and place.spaces
    return bool(said) and bool(re.match("[호층동번]|구역|좌석|블록|열람", place.following))


def is_of_a_year(place: Place) -> bool:
    """저년도 이월 금액, 이 년아니고 삼 년."""
    if place.text.endswith("년아"):
        return bool(re.match("니(?:고|라|에요|예요|었)", place.after))
    return place.text.endswith("년") and bool(YEARLY.match(place.following))


def is_a_writer(place: Place) -> bool:
    """에밀 졸라의 소설."""
    return place.text == "졸라" and (place.after[:1] == "의" or bool(WRITERS.fullmatch(place.before)))


def is_a_foot(place: Place) -> bool:
    """쪽 발이 저려요."""
    return place.text == "쪽발이" and bool(place.spaces) and bool(ACHES.match(place.following))


def is_counted(place: Place) -> bool:
    """육갑 짚는 법."""
    return place.text == "육갑" and bool(re.match("(?:을|를)?(?:짚|풀이|외|순서)", place.following))


def departs(place: Place) -> bool:
    """수서 시발 부산행: where a train begins. 아 시발 버스 is none."""
    begins = place.text == "시발" and not place.spaces and PLACES.fullmatch(place.before)
    return bool(begins) and bool(DEPARTS.match(place.following))


def is_a_year(place: Place) -> bool:
    """병신년 달력, 병신과 정유: of the sixty names of years."""
    return place.text in ("병신", "병신년") and bool(SEXAGENARY.match(place.following))


def spreads(place: Place) -> bool:
    """염병이 돌던 시절."""
    return place.text == "염병" and bool(SPREADS.match(place.following))


def sticks(place: Place) -> bool:
    """얼룩이 묻어 버릴 것 같아요."""
    return place.text.startswith("묻어") and bool(STAINS.fullmatch(place.before))


def reaches(place: Place) -> bool:
    """기대에 미친 놈이 없네요."""
    return place.text.startswith("미친") and bool(REACHES.fullmatch(place.before))


def is_so_far(place: Place) -> bool:
    """젖까지 물려도, 조까지 왔어요: 까지 is a particle."""
    return place.text.endswith("까") and bool(re.match(r"지(?!좀?[마말])", place.following))


def is_a_number(place: Place) -> bool:
    """이런 십팔 번이었네요."""
    return place.text in ("에이십팔", "이런십팔") and bool(COUNTED.match(place.following))


def is_told(place: Place) -> bool:
    """불 질러 버린다는 협박을 받았어요: a threat that the speaker reports."""
    return place.severity >= GRAVE and bool(THREATENED.match(place.following))


def is_dear(place: Place) -> bool:
    """금쪽같은 내 새끼: one's own; nobody is called so."""
    called = re.match("들?(?:[야아놈]|년)", place.following)
    return place.text == "새끼" and bool(DEAR.fullmatch(place.before)) and not called


def is_like_food(place: Place) -> bool:
    """엿 같은 식감, 젓 같은 반찬."""
    like = re.match("[엿젓젖]같", place.text) and place.is_split_after_first
    return bool(like) and bool(FOOD.match(place.text[2:] + place.following))


def is_done(place: Place) -> bool:
    """불 질러 버린 논두렁: what has happened threatens nobody."""
    return place.text.endswith("버") and bool(re.match("린(?!다)|려서|렸", place.following))


def is_bare(place: Place) -> bool:
    """는 년도: what insults only as the end of a word. And 씹다, which has endings."""
    if place.text == "씹":
        return bool(place.after) or bool(re.match("[는어고히을혀으던]", place.following))
    return bool(re.fullmatch("[는은린른쁜친던튄]년", place.text))


def is_given(place: Place) -> bool:
    """백창년 고객님: two syllables after a surname, and a form of address."""
    name = place.before and place.before[-1] in SURE_SURNAMES and len(place.text) == 2 and not place.spaces
    return bool(name and CALLED.match(place.following))
