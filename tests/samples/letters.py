"""The letters of the sample mailbox: who wrote what, in which language, how long ago."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be; `age` in hours, `charset` as the sender's program would choose it."""

    sender: str
    subject: str
    text: str
    age: float
    flags: str = "seen"
    charset: str = "utf-8"
    html: str = ""
    attachments: tuple[str, ...] = ()
    follows: str = ""  # the subject of the letter that this one answers
    folder: str = "INBOX"
    to: str = "Anna Lindqvist <anna@example.test>"


WORK = "Marta Kowalczyk <marta@studio.example>"
BEN = "Ben Okafor <ben@example.test>"
CHOIR = "Chamber Choir <choir@lists.example>"

NEWSLETTER = """<html><head><style>.lead{color:#245;font-size:18px} td{padding:8px}</style></head>
<body style="background:#f4f1ea"><table width="600" align="center" bgcolor="#ffffff"><tr><td>
<img src="https://images.garden.example/banner.png" width="580" height="120" alt="The Garden Letter">
<h1 style="color:#2d5d34">What to do in the garden this month</h1>
<p class="lead">The first frost is near. Here are five small jobs for a dry afternoon.</p>
<ol><li>Cover the fig tree.</li><li>Plant <b>garlic</b>, points up.</li><li>Rake leaves into the hedgehog corner.</li>
<li>Clean the bird boxes.</li><li>Sharpen the spade.</li></ol>
<p><a href="https://garden.example/november?reader=4711">Read on in your browser</a> or
<a href="mailto:letters@garden.example?subject=My%20tip">send us your own tip</a>.</p>
<img src="https://track.garden.example/open.gif?id=4711" width="1" height="1" alt="">
</td></tr></table></body></html>"""

POSTCARD = """<html><body style="font-family:Georgia,serif;color:#333">
<p>Dear Anna,</p><p>the view from our little balcony:</p>
<p><img src="cid:view@holiday" alt="The bay at sunset" width="320"></p>
<p style="color:#a33">It does not get old. Wish you were here!</p><p>Hugs, Sofia &amp; Luca</p></body></html>"""

INVOICE = """<html><body><p>Dear Ms Lindqvist,</p><p>thank you for your order. Your invoice is attached.</p>
<table border="1" cellpadding="4" style="border-collapse:collapse"><tr><th>Item</th><th>Quantity</th><th>Price</th></tr>
<tr><td>Drawing paper A3, 200 g</td><td align="right">2</td><td align="right">€ 24.80</td></tr>
<tr><td>Ink, sepia</td><td align="right">1</td><td align="right">€ 8.90</td></tr>
<tr><td><b>Total</b></td><td></td><td align="right"><b>€ 33.70</b></td></tr></table></body></html>"""

PLAIN = (
    Letter(
        "Webmail <hello@webmail.example>",
        "Welcome to Webmail",
        "Hello Anna,\n\nthis is your sample mailbox. It lives on a real Dovecot, and what you send goes\n"
        "through a real Postfix; both were started just for you and end with this program.\n\n"
        "Try this:\n\n- answer Ben, who would like to see your photos: his mailbox is real, too\n"
        "  (sign in as “ben” with the same password to see what arrives)\n- write to somebody@elsewhere.test: "
        "it is accepted and thrown away\n- write to nobody@example.test: it is refused, and comes back to Drafts\n"
        "- switch JavaScript off: everything still works\n\nEnjoy!\n",
        0.2,
        flags="",
    ),
    Letter(
        BEN,
        "Photos from Sunday?",
        "Hi Anna,\n\nyou took so many photos on the ridge. Could you send me the one with the two of us and\n"
        "the dog? Mum wants it for her wall.\n\nBen\n",
        0.7,
        flags="",
    ),
    Letter(
        WORK,
        "Minutes of Thursday’s meeting",
        "Hello all,\n\nthe minutes and the budget are attached. Please tell me by Friday what I got wrong.\n\n"
        "Best\nMarta\n\n-- \nMarta Kowalczyk\nStudio Kowalczyk, Gdańsk\n+48 58 555 0199\n",
        3,
        flags="",
        attachments=("minutes.pdf", "budget.csv"),
    ),
    Letter(
        "Jonas Weber <jonas.weber@mail.example>",
        "Grüße aus Köln – und eine Frage",
        "Liebe Anna,\n\nwir sind gut angekommen, die Straße vor dem Haus ist eine einzige Baustelle.\n"
        "Kommst Du über die Feiertage? Das Gästezimmer ist größer, als Du denkst.\n\nViele Grüße\nJonas\n",
        5,
        charset="windows-1252",
    ),
    Letter(
        BEN,
        "Re: Hike on Sunday",
        "> Shall we take the early train?\n\nThe 7:12, yes. I bring tea, you bring the map, and the dog\nbrings itself.\n",
        74,
        flags="seen answered",
        follows="Hike on Sunday",
    ),
    Letter(
        BEN,
        "Hike on Sunday",
        "Weather looks fine. The ridge, or the lake again?\n",
        80,
        flags="seen answered",
    ),
    Letter(
        "Camille Durand <camille@atelier.example>",
        "Exposition : dernière semaine !",
        "Chère Anna,\n\nl’exposition se termine dimanche. Si tu passes à Lyon, préviens-moi : je t’emmène\n"
        "déjeuner là où tu sais.\n\nBises,\nCamille\n",
        26,
        charset="windows-1252",
    ),
    Letter(
        "Иван Петров <ivan@moscow.example>",
        "Перевод готов",
        "Здравствуйте, Анна!\n\nПеревод второй главы готов. Посмотрите, пожалуйста, примечание на странице 14.\n\n"
        "С уважением,\nИван Петров\n",
        30,
        charset="koi8-r",
        attachments=("глава-2.txt",),
    ),
    Letter(
        "山田 美咲 <misaki@tokyo.example>",
        "来週の打ち合わせについて",
        "アンナ様\n\nお世話になっております。\n来週の打ち合わせは火曜日の10時でよろしいでしょうか。\n\n山田\n",
        33,
        charset="iso-2022-jp",
    ),
    Letter(
        "李雷 <lilei@beijing.example>",
        "样品已经寄出",
        "安娜，你好：\n\n样品昨天已经寄出，预计下周三到达。\n\n李雷\n",
        50,
        charset="gb18030",
    ),
    Letter(
        "ליאת כהן <liat@haifa.example>",
        "תודה על הספר",
        "היי אנה,\n\nהספר הגיע אתמול, תודה רבה! כבר קראתי חצי.\n\nליאת\n",
        54,
    ),
    Letter(
        "سلمى حداد <salma@beirut.example>",
        "موعد يوم الخميس",
        "مرحباً آنا،\n\nهل يناسبك الموعد يوم الخميس الساعة الرابعة؟\n\nتحياتي،\nسلمى\n",
        60,
        flags="",
    ),
    Letter(
        "Νίκος Παπαδόπουλος <nikos@naxos.example>",
        "Το σπίτι τον Μάιο",
        "Γεια σου Άννα,\n\nτο σπίτι είναι ελεύθερο από τις 10 Μαΐου. Να σας το κρατήσω;\n\nΝίκος\n",
        98,
        charset="iso-8859-7",
    ),
    Letter(
        "Łukasz Zieliński <lukasz@biuro.example>",
        "Zażółć gęślą jaźń – próba czcionek",
        "Cześć,\n\npróba czcionek w załączniku. Która lepsza?\n\nŁukasz\n",
        120,
        charset="iso-8859-2",
        attachments=("czcionki.png",),
    ),
    Letter(
        "Ayşe Yılmaz <ayse@izmir.example>",
        "Tarif: mercimek çorbası",
        "Merhaba Anna,\n\nsöz verdiğim tarif: bir su bardağı kırmızı mercimek, bir soğan, bir havuç…\nAfiyet olsun!\n\nAyşe\n",
        150,
        flags="seen flagged",
    ),
    Letter(
        CHOIR,
        "[choir] Rehearsal moved to Tuesday",
        "Dear singers,\n\nthe hall is taken on Monday. We meet on Tuesday at 19:30; altos half an hour earlier.\n\n"
        "Please bring the Monteverdi.\n",
        28,
        attachments=("rehearsal.ics",),
    ),
    Letter(
        CHOIR,
        "Re: [choir] Rehearsal moved to Tuesday",
        "> Please bring the Monteverdi.\n\nAll of it, or the second book only?\n",
        27,
        follows="[choir] Rehearsal moved to Tuesday",
    ),
    Letter(
        CHOIR,
        "Re: [choir] Rehearsal moved to Tuesday",
        ">> Please bring the Monteverdi.\n> All of it, or the second book only?\n\nThe second book. And a pencil!\n",
        26.5,
        follows="[choir] Rehearsal moved to Tuesday",
        flags="",
    ),
    Letter(
        "City Library <noreply@library.example>",
        "Two books are due on Friday",
        "Dear reader,\n\n  The Summer Book, Tove Jansson\n  Invisible Cities, Italo Calvino\n\nare due on Friday. You can "
        "renew both at https://library.example/account or answer this message with the\nword RENEW.\n",
        44,
    ),
    Letter(
        "Grandma <ingrid.lindqvist@post.example>",
        "How does this work",
        "DEAR ANNA THE COMPUTER WRITES EVERYTHING LARGE AND I CANNOT FIND THE BUTTON. COME ON SATURDAY THERE IS CAKE. GRANDMA\n",
        51,
        flags="seen flagged",
    ),
    Letter(
        "Dr. Anand Rao <rao@university.example>",
        "अगले सत्र का पाठ्यक्रम / Reading list for next term",
        "Dear Anna,\n\nthe reading list is attached, in both languages. 5 * 3 = 15 texts in all, don’t be "
        "afraid: most are short.\n\nAnand Rao\n",
        170,
        attachments=("reading list – final (2).txt",),
    ),
    Letter(
        "Building Management <office@house.example>",
        "Water is switched off on Wednesday from 8:00 to 12:00 because the riser in the north staircase is being replaced; please keep a bucket ready",
        "Dear residents,\n\nsee subject.\n\nYour building management\n",
        21,
        flags="",
    ),
    Letter(
        "Tariq <tariq@cycle.example>",
        "",
        "No subject, sorry, typing on the bike. Keys are under the pot.\n",
        200,
    ),
    Letter(
        "Anna Lindqvist <anna@example.test>",
        "Re: Hike on Sunday",
        "> The ridge, or the lake again?\n\nThe ridge! Shall we take the early train?\n",
        78,
        follows="Hike on Sunday",
        folder="Sent",
        to=BEN,
    ),
    Letter(
        "Anna Lindqvist <anna@example.test>",
        "Sketches, first round",
        "Hello Marta,\n\nhere are the first sketches. The second is my favourite.\n\nAnna\n",
        130,
        folder="Sent",
        to=WORK,
        attachments=("sketch.png",),
    ),
    Letter(
        "Anna Lindqvist <anna@example.test>",
        "Dear neighbours",
        "Dear neighbours,\n\non the 14th we would like to\n",
        48,
        flags="seen draft",
        folder="Drafts",
        to="house@lists.example",
    ),
    Letter(
        "Prize Department <winner@lucky.example>",
        "!!! YOU HAVE WON 5,000,000 !!!",
        "Dear beneficiary, kindly send your bank details and a small fee.\n",
        66,
        folder="Junk",
    ),
)

RICH = (
    Letter(
        "The Garden Letter <letters@garden.example>",
        "Five jobs for November",
        "Cover the fig tree. Plant garlic.\n",
        9,
        html=NEWSLETTER,
        flags="",
    ),
    Letter(
        "Sofia Ricci <sofia@mare.example>",
        "Saluti dal mare 🌅",
        "The view from our balcony!\n",
        14,
        html=POSTCARD,
    ),
    Letter(
        "Paper & Ink <orders@paper.example>",
        "Invoice 2024-1187",
        "Thank you for your order. Total: EUR 33.70\n",
        190,
        html=INVOICE,
        attachments=("invoice-2024-1187.pdf",),
    ),
)

LETTERS = PLAIN + RICH
FOLDERS = ("Travel", "Travel/Japan 東京", "Receipts & invoices")
