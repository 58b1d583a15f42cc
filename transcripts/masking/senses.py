"""Terms in their plain sense, told by what is said of them: a litter is born, a thief is caught, lightning strikes a router.

Half of the terms are words of everyday life as well. Each row names a term, what follows it and what stands before it when
nobody is insulted; a curse, a threat or an address that uses the same term fits no row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from transcripts.masking.place import Place

POINTING = r"[이저그요니네너야]|이런|저런|그런|무슨|어떤|뭔|웬|.*[놈년]"
"""이 새끼, 너 같은: whoever points means somebody."""
LOST = r"태어난|낳은|다친|버려진|잃은|아직|어미|꼰|구조한|데려온|입양한|받은"
FELT = r"약|주사|작|조심|걱정|못먹|안먹|예민|아직|못만|겁이"
CAUGHT = r"들어[왔와]|들었|잡아주|잡아달|잡았|잡으|잡혔|털[려렸]|당했|당한|속았|속아|신고했|신고하려|침입|훔쳐|훔쳤"
SEEN = (
    r"나[와왔오]|들어[있간가]|들어왔|묻|붙|기어|있[었어]|보[여였]|돌아다|떠[다있]|떠올|섞|씹[혔혀]|발견|날아"
)


@dataclass(frozen=True, slots=True)
class Sense:
    """`line` is matched on the hit and what follows it, without spaces; `before` and `unless` on the whole word before."""

    line: re.Pattern[str]
    before: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    apart: bool = False
    """Only when the term is written with a space."""

    def fits(self, place: Place) -> bool:
        if self.apart and not place.spaces:
            return False
        if not self.line.match(place.text + place.following):
            return False
        if self.before and not self.before.fullmatch(place.before):
            return False
        return not (self.unless and self.unless.fullmatch(place.before))


def _sense(line: str, before: str = "", unless: str = "", *, apart: bool = False) -> Sense:
    return Sense(re.compile(line), _compiled(before), _compiled(unless), apart)


def _compiled(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern else None


LITTER = (
    # 보호소에 새끼가 있어요, 새끼 밴 고양이, 다친 새끼를; not 이 새끼가 있어서, 상담원 새끼가.
    _sense(
        r"새끼(?:들)?(?:[이가를을도는은]|한테)?(?:낳|배어|뱄|밴|쳤|키우|키웠|분양|입양|눈도못|눈을못|자라[는고]|태어|몇마리|"
        r"[한두세네몇열]두?마리|물고|품고|데리고|젖|먹이를|안보여요|"
        r"(?:가|이)?(?:있[어는나]|없어졌|죽었[어는]|죽어)|적에|때[는부에도]|였을)",
        r"|어린|죽은|.*(?:[가-힣]에|에서|[가-힣][가이]|도|아직|자꾸|막|방금|오늘|어제|지금|주인)",
        POINTING,
    ),
    _sense(
        r"새끼(?:들)?(?:[를을은는도이가]|에게|한테)?(?:귀엽|귀여|자라|크[는고]|기르|길러|길렀|돌보|돌봐|보호[하해]|지키|업고|핥|젖을|먹여살|잉태|수태|부화|알을|알에서|"
        r"먹이를|먹였|나누어주|까[러서]|까고|거느리|받아먹)",
        unless=POINTING,
    ),
    _sense(rf"새끼(?:라|라서|니까|이라)(?:{FELT})", "", POINTING),
    _sense(r"새끼(?![야아놈년]|들아)(?:들)?(?:[이가를을]|예요|이에요|라)?", rf"마리|배|첫|{LOST}"),
    _sense(
        rf"어린새끼(?:들)?(?:가있|를보|를데|를키|고양이|강아지|동물|짐승|새|곰|제비|때|라(?:서)?(?:{FELT}))"
    ),
    _sense(
        r"쥐새끼(?:들)?(?:[이가를을])?(?:잡는|잡아주|갉|전선|음식을|쌀을|돌아다녀요|덫|끈끈|퇴치|방역|[한두세네몇열]마리|창고)"
    ),
    # What small fish and young stock are called.
    _sense(
        r"새끼(?:조기|갈치|고등어|가자미|꼴뚜기|낙지|주꾸미|쭈꾸미|전복|산양|복어|광어|우럭|방어|참치|농어|도미|장어|"
        r"전갱이|미꾸라지|거미|개미|나비|벌레|달팽이|앵무|뱀|쥐[가를는]|고구마|감자|무김치|마늘|더덕|양파|버섯|산삼|인삼|"
        r"화분|다육|난초|촉[이을]|순[이을]|계좌|파일|회사|사업)",
        unless=POINTING,
    ),
    # Rope of straw.
    _sense(r"새끼(?:로|를)?(?:묶|꼬[아고는았]|꼰|엮|매듭|틀기)", unless=POINTING),
    _sense(
        r"시바(?:를|는|가)?(?:강아지|종(?:은|인데|도|이에요|입니다|미용|분양)|믹스|인형|새끼분양|새끼입양|분양|입양|미용[되하])"
    ),
    _sense(r"시바", r".*(?:[의힌두]신|파괴신)|신"),
    _sense(r"새끼(?:분양|입양)", r"시바|시바견"),
    _sense(r"쥐?새끼(?:들)?가.{1,5}에(?:있[어는]|들어[왔와])", r"[개게쥐뱀소말닭]|돼지|부엌에|.*에"),
)
CRIME = (
    _sense(
        rf"(?:도둑놈|도둑년|사기꾼놈|나쁜놈)들?(?:[을를이가]|한테|에게|은)?(?:다)?(?:{CAUGHT}|제돈을|제돈)",
        unless=rf"{POINTING}|.*같은|니들|너희|이놈의",
    ),
    _sense(
        r"미친개(?:가|를|에|한테|에게)?(?:물[렸려리]|봤|돌아다|나타|발견|잡아주|주의|한마리)", unless=POINTING
    ),
    _sense(
        r"염산을뿌(?:렸|려|리)",
        r".*(?:변기|바닥|욕실|타일|화장실|하수구|배수구|실외기|벽|마당|줄눈|현관)(?:에|에다)",
    ),
    _sense(r"염산을뿌려도"),
    _sense(r"칼들고찾아(?:온|왔)"),
    _sense(r"찢어버릴(?:게요|께요|거예요|거에요|겁니다)"),
    _sense(
        r"가죽을벗(?:겨[내서야]|긴(?!다)|기[는고려])",
        unless=r"[네니너]|너희|.*(?:놈|년|새끼|인간)(?:들)?의?|산채로",
    ),
    _sense(r"밤길조심해라(?:하고|고|는)(?:문자|전화|말|협박)"),
    _sense(r"엄마없[지냐](?:하고|고)(?:묻|물)"),
    _sense(r"가서죽어(?:버렸|버린(?!다)|버리더|서왔)", r".*에|데|.*다가"),
    _sense(r"팬티벗(?:어던|어놓|어둔|었더니)"),
    _sense(r"때려죽(?:여도|인다(?:고)?해도|인대도)(?:못|안|싫|아니)"),
    _sense(r"벼락맞(?:을(?:확률|가능|위험|수|뻔|까)|아(?:서|고장|타|망가|나갔|버린|터|불|죽은))"),
    _sense(r"(?:넌|너)?죽을래살래"),
)
FOUND = (
    # 음식에서 바퀴벌레 같은 게 나왔어요: what looked like one.
    _sense(
        rf"(?:바퀴벌레|기생충|버러지|벌레|걸레|개똥|똥|쓰레기|구더기)같은(?:게|것이|것들이|걸|거|것|벌레|이물|물질|덩어리|조각).{{0,5}}(?:{SEEN})",
        unless=POINTING,
    ),
    _sense(r"[젖젓]같은(?:게|것이|액체|물이|분비물)(?:가|이)?(?:나[와왔오]|흘|분비|묻)"),
    _sense(r"개소리(?:가|에|를|때문에)?(?:밤새|새벽|밤마다|시끄러워|너무시끄|때문에잠|잠을못)"),
    _sense(
        r"쿵쾅이(?:는(?:소리|게|데)|던|고있|며|다가|너무|심|계속)|쿵쾅이",
        r".*(?:위층|윗집|윗층|층간|소음|아이|애)(?:가|에서|들이)?",
    ),
    _sense(r"쿵쾅이(?:는|던|고)(?:소리|발소리|아이|있)"),
    _sense(
        r"개같은(?:거(?:키우|기르|데려)|것도(?:탈|데려|키우|되나|들어)|(?:큰|작은)동물|짐승소리|짐승이울|울음|모양|꼬리|반려|애완)",
        apart=True,
    ),
    _sense(r"개같이따라|개같아보이"),
    _sense(r"개소리(?:나는(?:집|장난|앱)|민원|녹음|울리|소음|들리는집|때문에)", apart=True),
    _sense(r"개새끼(?:무료|밥|이름|예방|미용|사료|키우)", apart=True),
    _sense(r"모자란것(?:만|같|은|도아|[이]있|[이]없|[이]많|을채|없|있)", unless=POINTING),
    _sense(r"늙은것도서[러럽]"),
    _sense(r"잡것(?:들)?(?:[이을])?(?:섞|없[이는]|안들)"),
    _sense(r"등신(?:대|모형|크기|간판|인형|피규어|패널|사이즈|비율|조형|마네킹|광고판|동상)"),
    _sense(r"(?:지능장애|무뇌아|정박아)(?:로|라고|가)?(?:등급|판정|진단|등록|검사|아동|센터|학교|를위한)"),
    _sense(
        r"아구창(?:[이은을]|에)?(?:아프|아파|생[겼긴기]|걸[렸려린]|났(?!다)|약|치료|진료|증상|인지|같은데)"
    ),
    _sense(r"염병(?:이라(?:했|고했|고불)|막는|이야기|으로죽|환자|예방|귀신을쫓)"),
    _sense(r"육갑(?:을|으로)?(?:짚|세어|세는|따[져지]|간지|표를|보는법)"),
    _sense(r"[새닭]대가리(?:모양|튀김|국물|탕|요리|인형|피규어|가면|장식|뼈)"),
    _sense(r"눈깔(?:이)?(?:빠지[게도]|빠진인형|스티커|사탕|단추)"),
    _sense(r"아가리", r".*(?:동굴|물동이|천막|하수도|구멍|굴|부대|화산|자루|포대|항아리|가방)(?:의)"),
    _sense(r"아가리(?:가|를|의)?(?:벌어진|넓|좁|묶|지름|둘레|뚜껑)", unless=POINTING),
    _sense(r"엿먹어(?:도(?:되|돼|괜)|봤|본적|보니)", r"아이[가]|애가|.*엿|.*[이가]|"),
    _sense(r"엿드시(?:고|다가)(?:이가|이빨|틀니|목에|체하|배탈)"),
    _sense(r"엿이나먹으(?:려|면서|며|러)"),
    _sense(r"딸딸이(?:부품|타고|슬리퍼)"),
    _sense(r"창녀(?:역할|역을|배역)|종놈(?:역|의상|분장)|상놈(?:역|의상|분장|탈)"),
)
DOES = (
    # Adverbs and what goes out: 조명이 빨리 꺼져요.
    _sense(
        r"(?:이제|빨리|그만|당장|좀)꺼[져지](?!라)",
        r"[가-힣]*(?:불|등|화면|전원|폰|전화기|컴퓨터|노트북|모니터|조명|시동|엔진|보일러|에어컨|배터리|카메라|티비|앱)[이가은는도]?",
    ),
    _sense(r"꺼지라고(?:눌|설정|명령|말해도|해놔|해놨|했는데)"),
    _sense(r"꺼지냐고", r"왜|언제|.*[이가]"),
    _sense(
        r"닥쳐(?:서(?:하|야|급|허둥|준비)|야(?:하|움|준비|돼)|봐야)",
        unless=r".*(?:입|주둥이|아가리)(?:을|를)?",
    ),
    _sense(r"가?뒤질줄알았(?:는데|더니)", r".*(?:에게|한테|보다|에)|성능이|품질이|속도가"),
    _sense(
        r"뒤[져졌]",
        r".*(?:서랍|가방|주머니|옷장|창고|장롱|지갑|박스|상자|메일함|스팸함|서류|구석구석|집안|인터넷|사이트)",
    ),
    _sense(
        r"한번대(?:줘|줄)",
        r".*(?:차|자|트럭|카드|핸드폰|폰|바코드|지문|의자|사다리|저울)(?:를|을|좀)?",
    ),
    _sense(r"내거빨아.{0,6}(?:이불|옷|교복|운동화|커튼|패딩)"),
    _sense(r"[쳐처]먹(?:는|으|을)?(?:소스|양념|드레싱|간장|기름|라고적)"),
    _sense(r"처자고", r"제|내|저희|우리", apart=True),
    _sense(
        r"쳐[자앉놀웃울]",
        r".*(?:커튼|텐트|모기장|천막|줄|그물|칸막이|휘장|장막|담장|북|종|징)(?:을|를)?",
        apart=True,
    ),
)
APART = (
    # What a space in this place makes of the syllables: 개 자지 않고 짖어요, 돌아 이 번 출구, 지진 아냐.
    _sense(r"개[자보]지(?:[도는를]?(?:않|못)|마(?:세요|시|라고)|말(?:고|라|아))", apart=True),
    _sense(r"개판(?:사람|돈|곳|가게|주인|업자|집)", apart=True),
    _sense(r"개같이(?:온|오[는신]|왔|데[려리]|맡[길겨기]|찍|다니|놀|산책)", apart=True),
    _sense(
        r"[이네]년(?:이|을|은|도|만|간)?(?:지났|지나(?!가)|됐|되었|동안|만에|전에|뒤|후|약정|"
        r"째|치|쓰면|썼|면졸업|남았|다됐|안됐|못[썼쓰채]|넘)",
        apart=True,
    ),
    _sense(r"이새기(?:는(?:문구|글|이름|각인|비용)|고싶|려면)", apart=True),
    _sense(r"조낸(?:회비|돈|사람|분|금액|것)", apart=True),
    _sense(r"존[내나니]", r".*(?:안전|금연|키즈|스쿨|포토|푸드|클린|흡연|드롭|게임|보호)", apart=True),
    _sense(r"(?:에이|이런)십팔(?:좌석|게이트|구역|열|석|색|동|호)"),
    _sense(
        r"시발(?:송|급|행|견|생|매)(?:하|해|했|되|돼|됐|된|될|번호|부탁|요청|예정)|시발(?:표[시가는를]|빠[르른])",
        r"다|혹|역|잠|즉|일|임|당|동",
    ),
    _sense(r"시발지점(?:이어디|부터|까지|에서출발|은|이고)"),
    _sense(r"시발(?:이(?:되|된|됐|었)|로하여|로해|준비|지하철|역)", r".*(?:[가-힣]의|이|운행|에서|[하던]게|열차)"),
    _sense(r"개년(?:계획|목표|성과|평[가균]|치|동안|간)?", r"[일이삼사오육칠팔구십\d]+|다"),
    _sense(r"꺼져(?:가[는던고]|버리기전)", r".*(?:[자이가]|에|아예|까물)"),
    _sense(r"조까(?:짓)|조깟(?:문제|일|상처|병|물건|돈|게)"),
    _sense(r"졸라(?:묶|매)"),
    _sense(r"쪽발이(?:부러|다[쳤치]|부[었어]|아프|저리)", apart=True),
    _sense(r"똥구멍(?:[이에을])?(?:아[프파]|간지|가렵|혹|피|닦|씻|헐|부[었어]|염증|약)"),
    _sense(r"쪼다", r".*[을를]|정으로|부리로|망치로|끌로"),
    _sense(r"신음소리내(?:요|면서|며|고|는|다가|기|더)"),
    _sense(r"시바(?:코인|이누)"),
    _sense(r"시발(?:정거장|기지|택시)", unless=r"[아야하와]|아이|에이|아오|진짜|이런|뭔|이|그|저"),
    _sense(r"병신년", r".*(?:\d년|올해|내년|작년|이듬해|을미년|다음)[이가은는에]?"),
    _sense(r"병신년(?:기념|새해|토정|첫날|정월)"),
    _sense(r"엠[뒤생]", unless=r"[니네너느]", apart=True),
    _sense(r"(?:가서|나가)뒤져(?:봤|보니|보았|보면|서찾)"),
    _sense(r"(?:한심한|멍청한|천한|썩을|망할)것(?:같|이라는|도아)", unless=POINTING),
    _sense(r"시발(?:종착|이에요|입니다|인가요)", r".*노선|.*[기디역]가|.*역이"),
    _sense(r"씨팔(?:아(?:요|도|서|야|봤|주)|았|고있|고싶|려고|러|려면)", apart=True),
    _sense(r"젖통", r".*(?:소|염소|양)의?"),
    _sense(r"젖통(?:이|에)?(?:아프|아파|염증|뭉|붓|부었)"),
    _sense(r"(?:걸레|쓰레기|개똥)같은냄새", unless=POINTING),
    _sense(r"엿같이(?:늘어|끈적|찐득|달)"),
    # Sayings.
    _sense(r"개같이벌"),
    _sense(r"새끼(?:하나|한마리)", r"개미|쥐"),
    _sense(r"쥐새끼(?:하나|한마리)"),
    _sense(r"새끼많은소"),
    _sense(r"되놈이번"),
    _sense(r"도둑놈제발저"),
    _sense(r"미친개(?:눈에|한테)는?몽둥이"),
    _sense(r"낯짝이있", r"벼룩도|빈대도"),
    _sense(r"벼락맞을소리"),
    _sense(r"새끼(?:들)?(?:입에|먹여|먹일|키우|귀한)", r"자식|처자식|남의|제|내"),
    _sense(r"염병하던시절"),
    _sense(r"새에낀", r"이빨|이|치아|틈"),
)  # fmt: skip
NEXT_DOOR = (
    # A dog that is heard: 개 소리에 놀라서, 개 소리 안 나게; not 개 소리 하지 마, 무슨 개 소리야.
    _sense(
        r"개소리(?:가|에|를|만|도|는|처럼|랑)?(?:안|잘|너무|자꾸|계속|좀)?(?:놀라|나[는면게서고던요]|난다고|났|내[는고면]|들[리려렸]|녹음|시끄|"
        r"커서|커요|크고|무서|방지|울[리려렸]|알람|신고|민원|어떻게|인식|센서|잠을|새벽|밤)",
        unless=rf"{POINTING}|개",
        apart=True,
    ),
    _sense(r"개소리방지"),
    _sense(r"개자식(?:이|을|만)?[한두세네몇]마리", apart=True),
    # Spellings that are talked of, a game, a plague of old.
    _sense(r"(?:느금|네놈|족같[이은]|조까|젖같은|젓같은)(?:이?라는|이란|로?보이는|로?읽히는)(?:글자|오타|단어|철자|이름|상표|게임)"),
    _sense(r"따먹기(?:게임|놀이|대회|판|보드)"),
    _sense(r"염병(?:에관|에대|기록|의역사|이돈|책|을다룬|을막|의유행)"),
    _sense(r"염병(?:에|이|으로|을)?", r"시대|조선|당시|옛날"),
    _sense(r"쪼다만"),
    _sense(r"개세끼(?:를다?먹|사료|분|치|씩|값|밥|급여)", apart=True),
    # Letters of devices and of marks.
    _sense(r"에이[씨시](?:어댑|아답|전원|충전|버튼|모터|카드(?!값|비|빚)|코드|전압|규격|플러그|콘센트|단자|밀란|프로젝트|타입|등급)"),
    # Sweets that are given, what fish have, an arm.
    _sense(r"엿먹으라고(?:선물|준건데|받[은았]|사[준왔]|건네)"),
    _sense(
        r"새끼(?:들)?[도는를은]?(?:파[나는시]|팔[아고]|구[하할]|사고싶|사려|주웠|주운)",
        r"[가-힣]{2,}",
        rf"{POINTING}|.*같은|.*원|.*님",
    ),
    _sense(r"[씨시]팔(?:수술|골절|깁스|꿈치|에깁스|에주사|이부러)", apart=True),
    _sense(r"아가리(?:가|를)?(?:큰|넓은|작은|좁은)(?:항아리|병|독|자루|단지|그릇|가방|물고기|통)", unless=POINTING),
    _sense(r"[새닭]대가리모형"),
    _sense(r"씨발라먹는(?:수박|포도|감|대추|과일|살구|자두|복숭아)"),
    _sense(r"[상쌍]놈(?:들)?(?:[이은과도]|이라는)?(?:양반|말의?뜻|뜻|나오는|구분|계급|신분|족보)", unless=POINTING),
)  # fmt: skip
KEYBOARD = re.compile(r"(?:.*(?:키보드|자판|초성|자음|받침|퀴즈|글자|낱자)(?:에서|[이가은는을에])?)|.*부터")
PRESSED = re.compile(r".{0,4}(?:눌[려리러]|찍[혀히어으]|쳐[져지]|입력|자판|키가|받침|초성|자음)")
LASTS = re.compile(
    r"이(?:면|에요|예요|었|라|고|니까|나|상|하|내|후|넘|지나|지났|되|됐|걸|흘|남|더|전|뒤|다|요|거나|든|란|며|야|훌쩍|가까|다되)"
)
SPLIT_OTHERWISE = {"돌아이": 2, "지진아냐": 2, "개미친": 2}
"""Before which syllable a space makes other words of a term: nobody writes the insult so."""


def in_plain_sense(place: Place) -> bool:
    """바퀴벌레 같은 게 나왔어요, 벼락 맞아서 고장 났어요: a word of everyday life."""
    split = SPLIT_OTHERWISE.get(place.text)
    if split is not None and place.spaces == (split,):
        return True
    return any(sense.fits(place) for sense in _rows(place.text[:1]))


def is_a_key(place: Place) -> bool:
    """키보드 ㅈ도 안 눌려요, 초성이 ㅂㅅ인 가게: letters that are talked of."""
    return bool(KEYBOARD.fullmatch(place.before) or PRESSED.match(place.following))


def lasts(place: Place) -> bool:
    """가입한 지 18년이 넘었어요: so many years."""
    return place.text == "년이" and bool(LASTS.match("이" + place.following))


ALL = (*LITTER, *CRIME, *FOUND, *DOES, *APART, *NEXT_DOOR)


@lru_cache(maxsize=512)
def _rows(head: str) -> tuple[Sense, ...]:
    """Those that may begin with a syllable: no row begins with a wildcard, so its pattern names it."""
    return tuple(sense for sense in ALL if head in sense.line.pattern)
