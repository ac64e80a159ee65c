"""The content words of a question, under which its evidence is remembered."""

from snowballstemmer import stemmer

from knowledge.cache.normalising import COMMA, PAUSE, tokens_of

_STEMMER = stemmer("english")
_EMPTY = frozenset(
    "a an the is are was were am be been being do does did done can could will would shall should may might must "
    "have has had i me my mine we us our ours you your yours u ur he she it its they them their this that these "
    "those there here what which who whom whose when where why how to of in on at for from by with and or if so as "
    "than then also too pls please plz kindly boss bro sis sir madam hi hello hey ok okay thanks thank thx ty tq "
    "lah la leh lor hor sia meh mah ar arh eh ah huh ya yah got get".split()
)


def content_terms(question: str) -> tuple[str, ...]:
    """The question's content words, stemmed and sorted. Empty where it has none."""
    words = {word for word in tokens_of(question) if word not in (PAUSE, COMMA) and word not in _EMPTY}
    return tuple(sorted({_STEMMER.stemWord(word) for word in words}))
