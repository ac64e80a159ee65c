"""Word tables of English as customers write it. Nothing here knows a product or a trade.

A new spelling is a row here; a new kind of thing to recognise is a recogniser elsewhere.
"""

from core.domain.units import table

NUMBER_WORDS = {
    word: value
    for value, words in enumerate(
        (
            "", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
            "nineteen", "twenty",
        )
    )
    for word in words.split()
} | {"thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
MULTIPLIERS = {"hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000, "k": 1000}
COUNT_NOUNS = table([("dozen", "dozen dozens doz dz dzn"), ("couple", "couple cpl"), ("pair", "pair pairs pr prs")])
VAGUE_AMOUNTS = frozenset("some few several lots plenty loads".split())

# Measure units: canonical unit and factor, so that 0.5L and 500ml agree. Inches stay inches: "12in" is a name.
MEASURE_UNITS: dict[str, tuple[str, str]] = {
    spelling: (base, factor)
    for base, factor, spellings in (
        ("in", "1", 'in inch inches inchs ins "'),
        ("ft", "1", "ft feet foot"),
        ("mm", "1", "mm"),
        ("mm", "10", "cm cms"),
        ("mm", "1000", "m mtr mtrs meter meters metre metres"),
        ("ml", "1", "ml mls"),
        ("ml", "10", "cl"),
        ("ml", "1000", "l ltr ltrs lt litre litres liter liters"),
        ("g", "1", "g gm gms gram grams"),
        ("g", "1000", "kg kgs kilo kilos kilogram kilograms"),
        ("oz", "1", "oz ozs ounce ounces"),
        ("lb", "1", "lb lbs"),
        ("gal", "1", "gal gals gallon gallons"),
        ("gsm", "1", "gsm"),
        ("mic", "1", "micron microns mic"),
        ("w", "1", "w watt watts"),
        ("v", "1", "v volt volts"),
        ("a", "1", "a amp amps"),
        ("ply", "1", "ply plies"),
        ("%", "1", "% percent"),
    )
    for spelling in spellings.split()
}
# These also are ordinary words or clothing sizes: a measure only where the catalogue knows it, or written attached.
UNSURE_MEASURES = frozenset('in ins l m g w v a lt mic foot "'.split())

COLOURS = frozenset(
    "black white brown blue red green yellow orange pink purple grey gray clear transparent natural silver gold cream".split()
)
SIZES = frozenset("small medium large s m l xl xxl xs jumbo mini big regular".split())

# Spellings of one word; both sides may stand in a catalogue.
VARIANTS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "small s sml sm",
        "medium m med",
        "large l lrg lge big",
        "xl xlarge",
        "black blk bk",
        "white wht wh",
        "brown brn",
        "transparent clear clr transp",
        "grey gray",
        "colour color",
        "blue blu",
        "green grn",
        "yellow ylw yel",
        "red rd",
        "aluminium aluminum alu alum",
        "takeaway takeout tapao dabao",
        "compartment comp compt compartments",
        "heavy hd",
        "disposable dispo",
        "plastic plas",
        "stainless ss",
        "litre liter",
        "deg degree degrees",
        "galvanised galvanized galv gi",
        "assorted assort",
        "reg regular",
        "half 1/2",
        "with w/",
        "original ori orig",
        "chocolate choc choco",
        "mineral min",
        "vegetable veg",
    )
)

# Other words for one thing: tried only where the word as written leads nowhere.
SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "garbage trash rubbish bin",
        "lid cover cap",
        "wrap film",
        "napkin serviette tissue",
        "sanitiser sanitizer",
        "detergent soap liquid",
        "container box tub",
        "receipt till",
        "sponge scrubber scourer",
        "bulb lamp light",
        "tape adhesive",
        "handle handled",
        "logo printed branded",
        "plain unprinted",
        "rectangular rectangle rect",
        "compostable biodegradable",
    )
)

WEEKDAYS = table(
    [
        ("1", "monday mon mondays mondy"),
        ("2", "tuesday tue tues tuesdays tuseday teusday tuesdy"),
        ("3", "wednesday wed weds wednesdays wensday wednesdy wednsday"),
        ("4", "thursday thu thur thurs thursdays thrusday thurday"),
        ("5", "friday fri fridays firday frday"),
        ("6", "saturday sat saturdays saterday satuday"),
        ("7", "sunday sun sundays"),
    ]
)
MONTHS = table(
    [
        ("1", "january jan"), ("2", "february feb"), ("3", "march mar"), ("4", "april apr"), ("5", "may"),
        ("6", "june jun"), ("7", "july jul"), ("8", "august aug"), ("9", "september sep sept"),
        ("10", "october oct"), ("11", "november nov"), ("12", "december dec"),
    ]
)  # fmt: skip
TODAY = frozenset("today tdy 2day tonight".split())
TOMORROW = frozenset(
    "tomorrow tmr tmrw tml tmrow tomoro tomorow tommorow tommorrow tomorrw tmw tomoz 2moro 2mrw tmmr".split()
)
WINDOWS = table(
    [
        ("morning", "morning mornings morn mrng mng am"),
        ("afternoon", "afternoon afternoons aft aftn noon lunch lunchtime pm"),
        ("evening", "evening evenings eve night"),
    ]
)

PARTICLES = frozenset(
    "lah la leh lor liao ah hor sia meh mah bah hah lo ar arh wor eh ya yah hoh leh lei siah ba loh".split()
)
COURTESY = frozenset(
    """hi hello hey hihi helo yo morning afternoon evening good dear boss bos uncle auntie aunty bro sis mate guys team sir
    madam maam mdm friend bossman pls plz please pl plss kindly thanks thank thx tks tq ty thnx thankyou appreciate sorry sry
    ok okay okie oki k kk noted alright sure nvm 谢谢 謝謝 多谢 多謝 唔該 你好 请 請 谢 謝 老板 老闆 haha hehe lol hope well day there greetings cheers many much tia""".split()
)
# Words that carry an order without naming anything in it.
FILLER = frozenset(
    """i we me my our us you u ur your he she they them their it its this that these those the a an of to for from at on in by
    with and or so also too then just only about around is are was were be been am do does did have has had will would
    wld shall should can could cld may might must need needs nid nd want wan wants wanna like get give gimme giv order
    ordering orders send sent deliver delivery deliverd delivering arrange take put add adding make help place placing
    have having let lets require required top up topup restock stock more another extra plus total altogether each every
    both all here there now today asap urgent urgently again still already alr oso jus lemme let's i'd we'd i'll we'll
    i'm we're im id qty quantity quantities pax item items product products following list below as per usual
    one ones kind type types size sizes sized colour color x per if when once what which how outlet shop store branch
    kitchen new next go back dont don't not no yes yup yeah yep can't cant got see know think maybe instead first
    dlvr dlv delvr snd dun dn anot walao wah wa aiyo aiyoh alamak wei sia sial chop tel hp mobile tq contact postal regards
    what's whats difference between compare vs enough only forgot left happy got tell bring drop pass buy purchase purchasing running run out low left finish finishing finished cos because bcos
    actually oh er erm um hmm wait eh btw also, ya same sth time something anything else okay tho though but
    be worth w w/ via into onto off over under really very quite abit bit little""".split()
)

# What people count in a chat without ordering it.
NOT_GOODS = frozenset(
    """outlets staff staffs people pax times stores shops branches days mins min minutes minute hours hour hrs hr weeks week months month years
    year kids person persons guys customers tables things thing items types kinds lines orders deliveries messages trips floors levels invoices clinics sites schools cafes restaurants""".split()
)

# A number right after these says where, not how many.
PLACE_WORDS = frozenset(
    "level lvl floor block unit project proj room table gate bay lot site height limit max min no number stall booth zone dock".split()
)

# Function words that may be misspelt.
CONTROL_WORDS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday tomorrow morning afternoon evening deliver delivery delivered confirm cancel
    remove replace change instead please another except without carton cartons packet packets bundle bundles bottle bottles sleeve sleeves
    length lengths cans tins sheets pairs crates sacks trays pouches pieces rolls roll boxes bags order price quantity thanks usual repeat""".split()
)

SEPARATORS = frozenset([",", ";", "&", "+", "/", "|", "and", "n", "plus", "also", "then", "nd", "den", "\n", "."])

EMOJI_WORDS = {
    "👍": "ok",
    "👌": "ok",
    "✅": "ok",
    "✔": "ok",
    "🙏": "thanks",
    "❌": "no",
    "🙅": "no",
    "➕": "+",
    "➖": "-",
    "✖": "x",
}
