"""Phrases that tell what a clause is about. Patterns run over normalised text (lower case, plain quotes)."""

import re

_ = re.compile

GREETING = _(
    r"^(?:hi+|hello+|hey+|helo|hihi|yo|hola|good (?:morning|afternoon|evening|day)|gd (?:morning|afternoon|evening)|morning|afternoon|evening|greetings)\b"
)
THANKS = _(r"\b(?:thanks?|thx|thnx|tks|tq|ty|thank(?:s| you| u)|appreciate(?:d)?|cheers)\b")
HELP = _(
    r"^(?:help|\?+|how (?:do(?:es)? (?:i|this|it|we)|to) (?:order|work|use|do)\b.*|what can (?:you|u) do.*|how (?:this|it) works?|instructions?|commands?|/?help|/?start)$"
)
PERSON = _(
    r"^(?:agent|human|person|staff|operator|representative|customer service|live agent|/agent)$|"
    r"\b(?:speak|talk|chat|connect|transfer|put)(?: me| us)? (?:to|with|through to) (?:an? |the |your |some)?(?:real |live |actual )?(?:person|human|agent|someone|somebody|staff|manager|sales|boss|people|representative|rep|operator|one|body|customer service|him|her|anyone|ur|your)|"
    r"\b(?:real|live|actual) (?:person|human|agent)\b|\bhuman (?:being|please|pls)\b|\b(?:call|ring|phone|contact) me\b(?! (?:at |on )?\+?\d)(?! (?:before|when|upon|on|at|once|first|if))|"
    r"\b(?:want|need|get|give me|can i (?:get|have)) (?:a |an |to )?(?:human|person|agent|staff|someone|operator|salesperson)\b|\bis (?:this|there) (?:a )?(?:bot|real|robot|human|anyone)\b|\banyone there\b|\bnot (?:a )?(?:bot|robot)\b|\bstop (?:the )?bot\b"
)
_DEFECT = r"(?:broken?|torn|tore|damaged?|leak(?:ed|ing|y|s)?|crush(?:ed)?|dent(?:ed)?|crack(?:ed)?|spoil(?:t|ed)?|wet|soaked|dirty|mould[y]?|mold[y]?|expired|defect(?:ive|s)?|faulty|rotten|smelly|squashed|ripped|wrong|missing|short(?:ed)?|incomplete|not working|cannot use|can't use|unusable|rusty|bent|burst|stale|melted|chipped|loose|opened|late)"
COMPLAINT = _(
    r"^\W*(?:[^\W_][\w'’\"”-]* ){1,4}(?:torn|damaged|crushed|dented|leaking|leaked|mouldy|moldy|soaked|squashed|ripped|defective|faulty|spoilt|spoiled)(?: (?:again|already|liao|la|lah|leh|sia|one))*\W*$|"
    r"^\W*(?:(?:hi|boss|eh|btw|sorry|also|pls|want to|need to|can i|i want to)\W+)*(?:return(?:ing|ed)?|credit note|damaged|broken|torn|defective|faulty|wrong delivery)\b.*\d|\b(?:you|u|ya|they) (?:sent|send|gave|delivered)\b.*\bbut\b|^\W*(?:(?:hi|boss|eh|btw|sorry|also)\W+)*(?:(?:yesterday|ytd|today|last time|delivery)\W+)?(?:short|missing) (?:of )?(?:\d|a |one |two |some )|\bhow to settle\b|\b(?:crack|melt|spoil|leak)(?:ed|s)? (?:half|some|all|already|liao)\b|"
    rf"\b(?:was|were|is|are|came|come|arrived?|got|received?|all|so|very|quite|also|half|some|found|kena|deliver(?:ed)?|sent|send)(?: \w+){{0,3}} {_DEFECT}\b|"
    rf"\b{_DEFECT} (?:item|items|product|products|goods|order|delivery|size|one|ones|again|box|boxes|ctn|carton)\b(?=.*(?:\b(?:sent|received?|delivered|came|got|yesterday|ytd|ystd|last|today|again|this morning)\b|$))(?!.*\b(?:order|want|need)\b)|"
    r"\b(?:never|did ?n[o']?t|not|havent|haven't|hasn't|hasnt|didnt|still no|still not|yet to|where is|where's)(?: \w+){0,3} (?:come|came|arrived?|receive[d]?|deliver(?:ed)?|show(?:ed)? up|sent|reached?)\b|"
    r"\b(?:driver|delivery (?:guy|man|boy)|rider|uncle)\b.*\b(?:rude|attitude|late|shout\w*|scold\w*|careless|threw|throw)\b|"
    r"\b(?:last|yesterday'?s?|today'?s?|this morning'?s?|the) (?:delivery|order)\b.*\b(?:short|missing|wrong|less|damaged|torn|broken|late)\b|"
    rf"\b{_DEFECT} (?:in|on|from|during|when|upon|inside)\b.*\b(?:delivery|order|arriv\w*|carton|box)\b|\b(?:very|so|damn) bad\b.*\b(?:service|quality)\b|"
    r"\b(?:you|u|ya|they|driver|he) (?:sent|gave|delivered|deliver|send)\b.*\binstead\b|"
    r"\bwhy (?:did |do )?(?:you|u|ya|they) (?:send|sent|give|gave|deliver|delivered)\b|\b(?:came|arrived?|come)\b.*\b(?:cannot|can't|cant) (?:sell|use)\b|"
    r"\b(?:charged?|billed?|invoiced?|invoice)\b.*\bbut\b.*\b(?:got|received?|came)\b|"
    r"\b(?:charged?|billed?|invoiced)(?: (?:me|us|it|this|that|the|one))* (?:wrong(?:ly)?|incorrect(?:ly)?|twice|double|too much)\b|"
    r"\b(?:invoice|inv|bill|amount)(?: \w+)? (?:(?:is|was|looks?|seems?) )?(?:all |so |very |totally )?(?:wrong|incorrect|not correct|not right)\b(?!.*\b(?:if|how)\b)|"
    r"\b(?:complain(?:t|ing)?|refund|unhappy|disappointed|unacceptable|terrible|lousy|worst|poor quality|bad quality|quality issue|ridiculous|compensat\w+|overcharged?|wrong(?:ly)? (?:charged|billed|invoice)|return (?:the|these|this|them|it|some))\b|"
    r"\b(?:short|missing|shortage|less|lack(?:ing)?) (?:of )?(?:\d+|one|two|three|a|an|some)\b(?=.*\b(?:delivery|deliver(?:ed)?|received?|order|yesterday|ytd|ystd|today|last|invoice|came)\b)|"
    r"\b(?:sent|send|delivered|gave|give) (?:me |us )?(?:the )?wrong\b|\bwrong (?:item|items|one|ones|size|order|delivery|product|colour|color|stuff|thing)\b"
)
REPORT = _(
    r"\b(?:thanks|thank you|thank u|thx|tks|tq)(?: \w+){0,3} for (?:\w+ing|the|yesterday|ytd|ystd|last|delivering|sending|today|your|all|this|that|ur)\b|"
    r"\b(?:we|i|already|just|have|has|they|driver|boys?|guys?|u|you|she|he)(?: \w+)? (?:sent|gave|received|recieved|got|bought|ordered|collected|took|used|sold|delivered|threw|counted|finished)\b|"
    r"\b(?:received|recieved|arrived|came|delivered)\b(?! by)|\b(?:(?:yesterday|ytd|ystd)|last (?:week|month|time|order|delivery|friday|monday|tuesday|wednesday|thursday|saturday|sunday|year|night))'?s?\b|"
    r"\b(?:my|our|the) (?:colleague|staff|partner|boss|manager)(?: \w+)? (?:ordered|bought|asked)\b|\b(?:still (?:have|got|has)|have enough|got enough|plenty of|too many|so many)\b"
)
CONDITIONAL = _(
    r"^(?:if|maybe|perhaps|might|thinking|considering|not sure|unsure|probably|possibly|next time|in future|suppose|what if|should (?:i|we)|how about|what about|wondering)\b|\bmaybe\b|\bnot sure (?:if|whether|yet)\b|\bthinking (?:of|about|to)\b|\bmight (?:need|want|order|take)\b"
)
REPEAT = _(
    r"\b(?:the |my |our |as per |as |per )?(?:usual|regular)(?:s)?(?: (?:order|stuff|items?|things?|ones?|list|basket))?\b|\bsame (?:as|like) (?:the )?(?:last|previous|before|usual|prev)(?: (?:week|time|order|round|month|one))?(?:'s)?(?: (?:order|one|delivery))?|"
    r"\b(?:re-?order|repeat)(?: (?:the|my|our|that))?(?: (?:last|previous|usual|same|order))*\b|\bsame (?:again|order(?: again)?|thing(?:s)?(?: again)?)\b|\b(?:as|like) (?:last (?:time|week|order|round)|before)\b|\blast (?:week|time)'?s? (?:order|again)\b|\blast order again\b|\bprevious order\b"
)
REPEAT_DAY = _(
    r"\b(?:same|repeat|reorder|order|as|like)\b.*?\blast (?P<day>mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)\w*(?:'s)?(?: order)?"
)
NOT_REPEAT = _(
    r"\b(?:what(?:'s| is| was| did| do)?|show|see|check|which|tell|did)\b.*\b(?:usual|last order|last week)|\bnot the usual\b"
)

ORDER_VERB = _(
    r"\b(?:order|need|nid|nd|want|wan|get|give|gimme|send|deliver|add|take|have|buy|top ?up|put|arrange|restock|include)\b"
)
REQUEST = _(
    r"^(?:\W*)(?:(?:hi|hello|boss|pls|please|ok|so|and|also|hey)\W+)*(?:can|could|cld|may|would|will|wld)\b(?: (?:i|we|u|you|ya|yall|boss|pls|please|help|kindly|also|me|us|just))* ?(?:get|have|order|send|give|add|deliver|come|reach|arrive|take|buy|arrange|put|prepare|place|bring|include|top|do|change|make|remove|cancel|swap|replace|confirm)\b"
)
# "can u", "could you please", "is it possible to": says nothing without what follows.
ONLY_ASKS_FOR = _(
    r"^\W*(?:(?:hi|hello|boss|ok|okay|so|and|also|hey|eh)\W+)*(?:(?:can|could|cld|may|would|will|wld|is it possible|possible)\b)"
    r"(?: (?:i|we|u|you|ya|yall|boss|pls|please|help|kindly|also|me|us|just|to|like|want|still))* *$"
)
PRICE = _(
    r"\b(?:cheaper|discount|bulk price|best price)\b|\b(?:how much|hw much|price|prices|pricing|cost|costs|costing|rate|rates|quote|quotation|hm)\b|\bhow (?:ex|expensive)\b"
)
PACK = _(
    r"\bhow many\b(?=.*\b(?:in|per|inside|each|one|a|come|pack|piece|pieces|pcs|is|are)\b)|\b(?:pcs|pieces) (?:per|in (?:a|1|one|each))\b"
)
HAVE = _(
    r"\b(?:you|u|ya)(?: all| guys)? (?:got|have|sell|carry|stock)\b|\b(?:do|does|did) (?:you|u|ya|yall|ur|they)(?: \w+)? (?:have|sell|carry|stock|got|keep|supply)\b|\b(?:have|got) (?:you|u|any)\b|^(?:(?:hi|hello|boss|eh|hey|and|ok)\W+)*(?:any|got|u got|you got|you have|u have|have|sell|selling|carry|is there|are there|is it|is the|are the|are these|does|do the|is this)\b|\b(?:in stock|available|avail|availability|got stock|have stock|out of stock|left in stock)\b|\bwhat(?:'s| is| are| r)?(?: the| other| kind of| kinds of| type of| types of| your| ur)? *(?:sizes?|types?|kinds?|colou?rs?|options?|brands?|difference|material|dimensions?)?\b|\bwhich (?:sizes?|types?|one|ones|kinds?|colou?rs?|is|are)\b|\bhow (?:big|long|thick|wide|tall|heavy|strong)\b|\b(?:looking for|tell me about|details? (?:of|on|about)|info (?:on|about))\b|\bdifference between\b|\bwhat (?:about|do)\b"
)
QUESTION_WORD = _(
    r"^(?:(?:hi|hello|boss|eh|hey|and|ok|sorry|btw|by the way|also|so|but)\W+)*(?:what|whats|what's|how|when|where|which|who|why|whose|is|are|do|does|did|can|could|may|will|would|should (?:i|we)|got|any|have|has)\b"
)
DELIVERY_QUESTION = _(
    r"\b(?:which|what) days?\b.*\bdeliver|\b(?:do|can|will|could|does|did)(?: (?:you|u|ya|they|we))?(?: \w+)? (?:deliver|delivery|deliveries|send)\b.*(?:\?|on|to|sunday|weekend|holiday)|\b(?:cut ?-?off|cutoff|last order(?:ing)? time|order by)\b|\b(?:delivery|deliver)\b.*\b(?:days?|slots?|timings?|times?|schedule|when|earliest|fees?|charges?|available|possible)\b|\b(?:when|what (?:day|time)s?|earliest|how (?:soon|fast|long))\b.*\b(?:deliver|delivery|arrive|come|reach|get it|slot)\b|\bnext (?:available )?delivery\b|\b(?:free|same[- ]day) delivery\b|\bdelivery (?:free|fee|charge)"
)
STATUS_FIRM = _(
    r"^(?:is |are )?(?:my|our|the)\b.*\b(?:coming|arriving|reaching|on the way|here yet)\b|\b(?:not|isn't|aren't) (?:here|arrived?|come|reached?) yet\b|\bdid (?:you|u|ya)(?: guys)? (?:receive|get|see) (?:my|our|the) (?:last )?order\b|\b(?:is|was|has) (?:my|our|the) order\b|\bwhat did (?:i|we) order\b"
)
STATUS = _(
    r"\b(?:my|our|the) order (?:number|no|id)\b|\bdid (?:you|u) (?:receive|get) (?:my|our) order\b|\b(?:where(?:'s| is| are)?|status|track(?:ing)?|eta|update)\b.*\b(?:order|delivery|driver|stuff|goods|items?)\b|\b(?:order|delivery) (?:status|update|eta)\b|^(?:status|/status|track|eta)$|\b(?:has|have|is|did|was)\b.*\b(?:my|our|the|last) (?:order|delivery)\b.*\b(?:confirmed|shipped|sent|out|gone|placed|through|delivered|coming|on (?:the )?way)\b|\b(?:when(?:'s| is| will| are)?)\b.*\b(?:my|our|the) (?:order|delivery|stuff|goods|items)\b|\bwhat (?:did|have) (?:i|we) order(?:ed)?\b|\b(?:my|our) (?:last|latest|previous|current|recent) order\b|\b(?:check|see|show|view)\b.*\b(?:my |our |the )?(?:past|last|previous|existing|confirmed|recent|placed) orders?\b|\bmy orders\b|\border history\b|\bdid (?:my|our|the) order\b|\bwhen (?:is|will) (?:it|my order|delivery) (?:come|arrive|coming|be delivered)\b"
)
# "total" at the end asks for the sum, unless the clause names an amount ("make it 5 in total").
SUM = _(r"\btotal(?: now| so far)?\W*$")
SHOW = _(
    r"^(?:show|view|see|check|what(?:'s| is| s)?|display|list|read back|recap|summary|summarise|summarize|repeat back)?\W*(?:me |us )?(?:my|the|our|in my|in the|current|is my|is in my|do i have in my|on my|now)?\W*(?:current |so far |draft |full )?(?:cart|basket|draft|summary|recap|order so far|order now|current order|order list|order summary|list so far|/cart|/order|total|total so far|grand total)(?: so far| now| again| pls| please)*\W*$|^(?:show|view|see|check|what(?:'s| is)|read back|recap|summari[sz]e) (?:me )?(?:the |my |our )?(?:order|list|everything|it)(?: so far| now| again| pls| please)*\W*$|\bwhat (?:do|have) (?:i|we) (?:have|got|ordered)(?: \w+)? so far\b|\bwhat(?:'s| is) (?:in|on) (?:my|the|our) (?:cart|order|basket|list|draft)\b|\bhow much (?:is it |so far|altogether|in total|total|is (?:the |my )?(?:total|order)|for everything|all together|all in)\b|\bso far\W*$"
)
DONE = _(
    r"^(?:(?:ok|okay|and|so|yes|yup|no|nope|thanks|thats|then) )*(?:that'?s|thats|thatz|that is|tats|dats)? ?(?:all|it|everything|about it|done|finished?|nothing else|no more)(?: (?:for now|for today|thanks?|thank you|pls|please|thx|tks|ok|la+h?|liao|already|only|from me|tq|ty|for me|i need|we need))*$|^nothing else.*$"
)
CONFIRM = _(
    r"^(?:(?:ok|now(?:ay)?|yes|yup|ya|yeah|all|can|pls|please|alright|right|good|great|sure|looks?|i|we|so|then|and|ya|everything|order|correct|fine|just|to|would like to|want to|go) )*(?:confirm(?:ed|s|ing)?|comfirm(?:ed)?|cfm(?:ed)?|cnfrm|conform|confrim|confim|proceed|go ahead|checkout|check out|submit|place (?:the |my |our |this )?order|place it|send (?:the )?order|order (?:it|now)|lock (?:it )?in|book it|finali[sz]e)(?: (?:it|order|the order|my order|our order|this|this order|that|all|pls|please|thanks?|thank you|thx|tks|la+h?|liao|ok|can|already|now|boss|everything|yes|with|and|above|for me|tq|ty|ahead))*$|^(?:can|ok can|looks? good|all (?:good|correct|ok)|correct|lgtm|everything (?:is )?(?:ok|correct|good|fine))(?: (?:la+h?|liao|thanks?|pls|please|boss|can|ok))*$"
)
UNDO = _(
    r"^(?:(?:ok|oops|wait|sorry|pls|please|no|eh|actually|can|you|u|oh) )*(?:undo|revert|take (?:that|it) back|go back|scratch that|ignore (?:that|my last|last)(?: message)?|put it back|reverse|back to before|never ?mind (?:that|the last)(?: change| one)?|cancel (?:that|the last|last)(?: (?:change|one|edit))?)(?: (?:that|it|last|change|the last|the|last change|my last|pls|please|one|edit))*$"
)
CLEAR = _(
    r"^(?:(?:ok|oops|wait|sorry|pls|please|no|eh|actually|can|you|u|lets|let's|just) )*(?:clear|empty|reset|start (?:over|again|afresh|fresh|from scratch)|restart|new order|delete (?:all|everything)|remove (?:all|everything)|scrap|discard|cancel (?:everything|all)|wipe)(?:[ ,]+(?:that|this|start|afresh|it|all|everything|the|my|cart|order|basket|draft|list|whole|pls|please|thing|entire|of|items?|over|again|and))*$"
)
CANCEL = _(
    r"^(?:(?:ok|oops|wait|sorry|pls|please|no|eh|actually|can|could|you|u|i|we|want|to|need|would|like|wanna|help|me|boss|hi|hello) )*(?:cancel|call off|void)(?: (?:it|order|the|my|our|this|that|whole|entire|pls|please|draft|thanks?|la+h?|already|liao|all|now|today'?s|tomorrow'?s|tmr|delivery|previous|last))*$|\bdon'?t (?:want|need) (?:the |my |this |to )?order(?: anymore| any more| already)?$|\bcancel (?:the |my |our )?(?:whole |entire |last |confirmed )?order\b"
)
NEVER_MIND = _(
    r"^(?:(?:ok|oh|no|nah|sorry|eh)[ ,]+)*(?:(?:nvm|never ?mind|neither|none(?: of them)?|forget (?:it|about it)|skip(?: it| that)?|leave it(?: out)?|no need|drop it|don'?t want(?: it)?)(?:[ ,]+(?:la+h?|liao|then|already|pls|thanks?|ok|just))*[ ,]*){2,}$|^(?:ok |sorry |eh |oh )*(?:nvm|never ?mind)\b[ ,]*(?:just )?(?:skip|leave|forget|drop|dont|don't|no need)\b.*$|^(?:(?:ok|oh|its|it's|sorry|no|nah|then|eh) )*(?:never ?mind|nvm|forget (?:it|about it|that)|skip(?: it| that| this)?|leave it(?: out)?|dont (?:need|want)(?: it| that| already)?|don't (?:need|want)(?: it| that| already)?|no need(?: already| liao)?|neither|none(?: of (?:them|these|those))?|not needed|drop it|don't bother|dont bother|no thanks?|no thank you)(?: (?:la+h?|liao|already|thanks?|pls|ok|then|that|one))*$"
)
MENU = _(
    r"^(?:/?menu|catalog(?:ue)?|products?|product list|price ?list|categories|item list|list|full list|what (?:do|can) (?:you|u) (?:sell|have|offer|carry|supply)|what (?:you|u) (?:sell|have|got)|show (?:me )?(?:the |your |ur )?(?:menu|catalog(?:ue)?|products?|price ?list|items|categories|range|list)|(?:send|see|view|give)(?: me)? (?:the |your |ur )?(?:menu|catalog(?:ue)?|price ?list|product list)|what (?:products?|items?|things?)(?: do (?:you|u) (?:have|sell|carry))?)(?: pls| please| lah| got| boss| do you have| you have| ah)*\W*$|\b(?:menu|catalog(?:ue)?|product list|price ?list)\b(?=.*(?:\?|$))(?<!\bin the menu)"
)
MENU_OF = _(
    r"^(?:show|list|see|view|browse|send)(?: me| us)?(?: all| your| ur| the| what)*\s+(?P<what>[\w &,-]+?)(?: (?:you have|pls|please|do you have|available|options?|range|products?|section|category|got))*\W*$|^what (?P<what2>[\w &-]+?) (?:do|does|did)? ?(?:you|u|ya)? ?(?:have|got|sell|carry|stock|available)\b.*$|^what (?:kinds?|types?|sizes?|colou?rs?)(?: of)? (?P<what3>[\w &-]+?) (?:do|does|you|u|have|got|is|are|available)\b.*$"
)

OUTLET = _(
    r"^(?:(?:hi|hello|hey|boss|good morning|and|ok|btw|sorry|yes)\W+)*(?:(?:my|our|the)? ?(?:outlet|shop|store|branch|restaurant|cafe|location|company)(?: name)? ?(?:is|:|=|-)|this is|its|it's|it is|i ?am from|i'?m (?:from|at|ordering for|with)|we(?:'re| are) (?:from|at)?|from|here is|calling from|ordering for|order(?:ing)? (?:is )?for|for outlet|outlet|switch to|change (?:outlet )?to|deliver(?:y)? (?:for|to)|for)\s*(?:the )?(?:outlet )?(?P<name>.+?)(?: (?:outlet|branch|here|lah|shop|pls|please))*$"
)
OUTLET_FIRM = _(
    r"\b(?:outlet|branch|shop|store|restaurant|cafe)\b.*\b(?:is|:)|\b(?:this is|i ?am from|i'?m from|we(?:'re| are) from|calling from|ordering for|order for|switch to)\b|^outlet\b"
)
INVITE = _(
    r"^(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])(?P<grouped>[a-z0-9]{3,8}(?:-[a-z0-9]{2,8})+)$|\b(?:invite|invitation|code|access code|join|start)(?: code)?(?: is| no\.?|:|=|-)?\s*:?\s*(?P<code>[a-z0-9]{4,}(?:-[a-z0-9]{2,})*)\b|^(?P<bare>[a-z]{2,}[0-9]*-[a-z0-9-]{3,}|(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{6,12})$"
)

SWITCH_OUTLET = _(
    r"^(?:(?:hi|hello|ok|boss|sorry|can|could|i|we|you|want|need|wan|to|wanna|pls|please|eh|actually)\W+)*(?:(?:switch|change|swap)(?: to)?(?: (?:my|the|our|to|a|an|another|other|different))*|(?:an)?other|different|wrong|not this) (?:outlet|shop|branch|store|location)s?(?: (?:pls|please|can|first|la+h?|leh|ah|instead|thanks?))*$"
)
WHICH_OUTLET = _(
    r"^(?:(?:hi|hello|ok|boss|sorry|and|eh|so|pls|please|may|can|i|we|know|ask|tell|me)\W+)*(?:which|what|who)(?:'?s)? (?:my )?(?:outlet|shop|branch|store|location|is this|am i ordering)s?(?: (?:is|are|was|this|that|it|am|i|we|you|my|our|the|do|have|can|will|going|delivering|delivery|ordering|order|in|for|from|under|to|on|now|current|set|linked|ah|pls|please))*$"
)
SWITCH_TO_UNKNOWN = _(
    r"^(?:(?:pls|please|can|i|want|to|ok|hi)\W+)*(?:switch|change) (?:my |the )?(?:outlet|branch|shop) (?:to|for)\b"
)
SWITCH_TO = _(
    r"^(?:(?:hi|hello|ok|boss|sorry|eh|actually|and|oh|wait|no|pls|please|but|can|i|want|to)\W+)*(?:(?:this|it|order|this order|that)(?:'s| is| was)? (?:(?:meant |supposed to be )?for|from)|(?:switch|change)(?: (?:it|this|order|outlet|branch|shop|over|the order|the outlet|my outlet))?(?: back)? (?:to|for)|order(?:ing)? for|i'?m (?:at|from|ordering for)|make it for|for|use)\b"
)
AND = _(r"(?<=\S) *(?:,|\b(?:and|n|also|plus|then)\b|[&+]) *(?=\S)")
NOTE = _(
    r"^(?:(?:and|also|ok|then|pls|please|kindly|can|could|you|u|boss|ask|tell|get|the|driver|to|delivery|guy|man|uncle|btw|oh|hi) )*(?P<note>"
    r"(?:note|notes|remarks?|p\.?s\.?|reminder|important|fyi|attn|attention|instructions?|comment)\b\s*[:\-.]?\s*.+|"
    r"(?:call|ring|whatsapp|text|msg|message|contact|phone|buzz|inform|notify|alert)\b.*\b(?:before|when|upon|on arrival|once|first|if|at|reach|arrive|arriving|reaching|mins?|minutes|\d{4}).*|"
    r"(?:leave|left|put|drop|place|park|unload|hand|pass|deliver|delivery|send|bring|use|enter|go|come|knock|press)\b(?: (?:it|them|the|everything|goods|stuff|boxes|order|items|all|to|off|down|through|thru|by|via|at|in|with|outside|inside|behind|near))*\s*\b(?:back|front|rear|side|guard|security|counter|loading|bay|lobby|kitchen|door|gate|lift|reception|receptionist|entrance|store ?room|basement|carpark|car park|level|doorstep|cashier|neighbou?r|staff|office|shop|guardhouse|outside|inside|behind|concierge|chiller|freezer|cold room|bell)\b.*|"
    r"(?:at |via |by |use |thru |through |to )?(?:the |our )?(?:back|side|front|rear|service|loading|main)[ -]?(?:door|gate|entrance|bay|lift|lane|alley|area)\b.*|"
    r".*\b(?:we|shop|kitchen|outlet|store|cafe|restaurant|mall|guard|office) (?:\w+ )?(?:close[sd]?|closing|open[s]?|opening)\b(?: at| by| until| till| from)? ?\d.*|"
    r"(?:be careful|handle with care|careful|fragile|don'?t (?:stack|crush|leave|ring|put|bend|fold)|do not (?:stack|crush|leave|ring)|gate code|door code|lift code|separate (?:invoice|bag|box)s?|invoice to|bill to|need (?:the )?(?:do|invoice|receipt|delivery order)|include (?:the )?(?:do|invoice|receipt)|with (?:do|invoice)|cash on delivery|cod)\b.*"
    r")$"
)

SWAP_FOCUS = _(
    r"^(?:(?:pls|please|ok|and|can|actually|you|sorry|wait)\W+)*(?:swap|replace|switch|exchange|substitute|change)(?: (?:it|that|this|them|those))?\s+(?:with|to|for|by|into)\s+(?P<new>.+)$"
)
PRAISE = _(r"\b(?:is|are|was|were|very|so|too|quite|really|damn)\b.*\b\w+$")
ONLY = _(r"\b(?:only|instead)\b")
PAST = _(r"\b(?:was|were|came|come|arrived?|received?|sent|delivered|kena|yesterday|ytd|ystd|last|got|found)\b")
QUESTION_NOISE = frozenset(
    "price prices cost long big thick wide tall heavy strong many much size material made mean look like better cheaper cheapest nice good still last right".split()
)
SWAP = _(
    r"\b(?:swap|replace|switch|exchange|substitute|change|sub)\s+(?P<old>.+?)\s+(?:with|to|for|by|into|2)\s+(?P<new>.+)$"
)
INSTEAD_OF = _(
    r"^(?P<new>.+?)\s+(?:instead|in place|rather) (?:of|than)\s+(?P<old>.+)$|^instead of\s+(?P<old2>.+?)[, ]+(?:give|make|get|send|want|i want|take|use|have|can i have|put|do)?\s*(?:me |us )?(?P<new2>(?:\d|a |the |one |two |[a-z]).+)$"
)
INSTEAD = _(r"^(?P<new>.+?)\s+instead$|^instead\W+(?P<new2>.+)$")
NOT_BUT = _(
    r"^(?:(?:sorry|oops|wait|no|actually|i mean|eh)\W+)*(?:not|isn't)\s+(?P<old>[^,]+?)\s*(?:,|\bbut\b|\bit'?s\b|->|;|-)\s*(?:but |it'?s |i want |should be |make it |the )?(?P<new>.+)$|^(?P<new2>.+?)\s*(?:,|\band\b|-)?\s+not (?:the )?(?P<old2>[^,]+)$"
)
ARROW = _(r"^(?P<old>.+?)\s*(?:->|=>|>>|>)\s*(?P<new>.+)$")
MAKE_OF = _(
    r"^(?:(?:sorry|ok|and|also|eh|pls|no|wait|oops|actually)\W+)*(?:the )?(?P<what>.+?)\s+(?:make it|make|change to|should be|shd be|shld be|to become|become|to|needs? to be|reduce to|increase to|up to|down to)\s+(?P<n>.+)$"
)
ALL_BUT = _(r"^(?:everything|all)(?: \w+)* (?:except|but|besides)(?: for)? (?:the )?(?P<keep>.+)$")
NOT_AMOUNT = _(r"[, ]+not (?:a )?\d+(?: \w+)?$")
PLACE_IN_LIST = _(r"^(?:the )?(?P<place>first|1st|second|2nd|third|3rd|fourth|4th|last)(?: (?:one|item|line|1))?$")
MAKE = _(
    r"^(?:(?:can|could|you|u|pls|please|ok|okay|actually|sorry|oops|wait|no|eh|oh|hmm|boss|and|then|also|i mean|let'?s|let us|help|me|kindly|just|hey|hi|yes)\W+)*(?:make|change|set|update|adjust|edit|modify|amend|increase|decrease|reduce|lower|cut|raise|bump|bring|up|turn|keep)\b\s*(?P<rest>.+)$"
)
CORRECTION = _(
    r"^(?:(?:eh|oh|hmm|wait|sorry|oops|ok|boss|pls|aiyo|alamak)\W+)*(?:no|nope|nah|actually|i mean(?:t)?|i said|should be|shd be|correction|typo|wrong|not that|sorry|oops|wait|only|just|rather|\*)\b\W*(?:wait|sorry|i mean(?:t)?|actually|should be|make it|its|it's|it should be|only|just|i want|want|need)?\W*(?P<rest>.+)$"
)
LESS = _(
    r"^(?:(?:pls|please|ok|and|can|actually)\W+)*(?:less|minus|deduct|subtract|reduce by|take away)\s+(?P<rest>.+)$|^(?P<rest2>.*?\d+)\s+(?:less|fewer)\b\s*(?P<what>.*)$"
)
SCALE = _(
    r"^(?:(?:pls|please|ok|and|can|actually|you)\W+)*(?P<how>double|twice|triple|halve|half)\s+(?:of |up )?(?:the |that |my |it|on )*(?P<what>.*)$"
)
REMOVE = _(
    r"^(?:(?:can|could|you|u|pls|please|ok|okay|actually|sorry|oops|wait|eh|oh|hmm|boss|and|then|also|but|help|me|kindly|just|hey|hi|yes|i|we)\W+)*"
    r"(?P<cue>remove|delete|take (?:out|off|away)|minus(?= the)|less(?= the)|drop|cancel|without|w/o|exclude|except(?: for)?|skip|omit|scrap|leave out|get rid of|forget|no need(?: for)?|no more|(?:don'?t|dont|dun|doesn'?t) (?:need|want|send|add|include|give)|do not (?:need|want|send|add)|not (?:need|want)(?:ing)?|no)\b\s*(?:the |any |my |those |these |me |of |that |for )*(?P<rest>.*)$"
)
REMOVE_TAIL = _(
    r"^(?P<rest>.+?)\s+(?:no need|(?:don'?t|dont|dun) (?:want|need)|not needed|cancel|remove|delete|take out|out|can remove|can cancel|drop)(?: (?:already|liao|pls|please|it|them|that|anymore|any more|la+h?|also|thanks?))*$"
)
BOTH = _(r"^(?:both|both of (?:them|these)|all (?:two|three|of them))$")
EVERYTHING = _(r"^(?:everything|all|all of (?:it|them)|the whole (?:order|thing)|whole order|it all)$")
PRONOUN = _(
    r"^(?:it|that|this|them|those|these|the (?:last|first) (?:one|item)|that one|this one|the item|same|last one|last item|one)$"
)
REST_SAME = _(
    r"\b(?:the )?(?:rest|others?|everything else|remaining|balance)\b.*\b(?:same|ok|remain|remains|unchanged|stay|stays|as is|keep|kept)\b|\bkeep (?:the )?(?:rest|others?)\b"
)
ELSE_SPLIT = _(
    r"(?:,|;|\band\b|\bthen\b|\bbut\b|\bn\b|\bpls\b|\bplease\b|\bok\b|\+)\s*(?=(?:(?:also|pls|please|then|can|you|just|i|we|to)\s+)*(?:add|remove|delete|change|make|replace|swap|take out|cancel|drop|no more|don'?t|dont|deliver|send|need|want|confirm|what|how much|how many|do you|u have|got any|where|when|which|undo|clear|same for|leave|call|reduce|increase|no need|without|skip|double (?:the|that|up|my)|pls call|please call|instead)\b)"
    r"|(?:,|;|&|\band\b|\bbut\b|\bn\b|\bpls\b|\bplease\b|\balso\b|\+)\s*(?=(?:also |then )?(?:is|are|does|can (?:i|we) (?!have|get|order|add|take|buy)|can (?:pay|refund|return|cancel|exchange|collect)|how|must|should (?:i|we)|min(?:imum)? order|if (?:damaged|broken|torn|unopened|not enough|too many)|(?:must|got) \w+ (?:or not|anot))\b)"
    r"|(?<=\w)\s+(?=can (?:i |we )?(?:pay|refund|return|exchange)\b)|(?<=\w)\s+(?=if (?:damaged|broken|torn) can\b)|(?<=order)\s+and\s+(?=\d)"
    r"|(?:\bbut\b|\bexcept\b|,|;|\band\b|\bn\b)\s*(?=no\s+\w)|\bbut\s+(?=\d|make|with|w/|add|only|change|the|more|extra)|\s+(?=\b(?:add|remove|replace|swap)\s+\w)|\s+(?=\bwhat time\b|\bwhen can\b)|(?<!\byou)(?<!\bu)(?<!\bcan)(?<!\bto)(?<!\bwill)(?<!\bdo)(?<!\bfree)\s+(?=deliver(?:y)? (?:on|by|tmr|tomorrow|to|at|mon|tue|wed|thu|fri|sat|sun)\b)"
)
EDIT_COMMA = _(
    r",\s*(?=(?:and )?(?:the )?(?:first|second|third|last|1st|2nd|3rd)\b)|(?:,|\band\b)\s*(?=(?:the )?[\w\"%][\w\"% .-]{0,24}?\s(?:to|make(?: it)?|should be)\s\d)|,\s*(?=[\w\" -]{1,30}\b(?:make it|cancel|no need|don'?t want|should be|remove|delete)\b)|\b(?:make it|cancel|no need|should be|only|remove)\b[^,\n]{0,15},\s*"
)
HOLD = _(
    r"\b(?:don'?t|do not|not) (?:confirm|place|send|order|proceed|submit)(?: \w+){0,3}? (?:yet|first|now)\b|^(?:wait|hold on|hold(?: it)? first|not yet|later|one (?:sec|min|moment)|give me (?:a|one) (?:sec|min|minute|moment)|let me check.*|i(?:'ll| will) (?:check|confirm|let you know).*)(?: (?:first|ah|pls|please|la+h?))*$"
)
TOTAL = _(r"\b(?:that|it|all|total|everything|altogether|in total)\b")
NOTE_LABEL = _(r"^(?:notes?|remarks?|p\.?s\.?|reminder|important|fyi|comment|instructions?)\b\s*[:\-.]?\s*")
CANCEL_WORD = _(r"\b(?:cancel|void|call off)\b")
STATUS_WORD = _(r"\b(?:status|track|where|check|eta|update|when)\b")
REMINDS = _(r"\bremind(?:er|ers|ing|s)?\b")
ANOTHER = _(r"^(?:(?:pls|please|can|add|give me|ok|and|also)\W+)*(?:another|one more|1 more)(?: one)?$")
ABOUT_IT = _(r"^(?:it|that|this|them|those)\b")
DEFECT_WORD = _(rf"\b{_DEFECT}\b")
STOCK = _(
    r"^\W*(?:stock ?take|balance|stock left)\b|\b(?:i|we|shop|kitchen|outlet|still|only) (?:still )?(?:have|has|got)\b.*\bleft\b|\b(?:we|i|still|only) left\b|\b\d+ ?\w* left\W*$|\bleft (?:with )?(?:only )?\d"
)
PAST_VERB = _(r"\b(?:received|recieved|came|arrived|delivered|sent|gave|got|bought|ordered|took|was|were|had|did)\b")
ORDER_NUMBER = _(r"^(?:order|job)?\b.*?[a-z]{2,4}-\d{4,}$|^(?:order|job)\b")
ABOUT_ORDER = _(
    r"\b(?:repeat|re-?order|same as|change|edit|amend|update|make|add|remove|show|see|view|invoice|for|check|number)\b|^[a-z]{2,4}-\d{4,}$"
)
EITHER_DAY = _(r"\bor\b|\beither\b|\bnext\b|/")
DELIVERING = _(r"\b(?:deliver\w*|send|arrive|come|reach|dlvr|by|before|bring)\b")
ADDING = _(
    r"^(?:(?:ok|pls|please|can|could|you|u|boss|hi|and|oh|wait|sorry|eh|btw|help|just|then|i|we|want|to|also|need)\W+)*(?:add|also|plus|and|another|extra|additional|top ?up|\+)\b|\b(?:add|also|another|additional|extra|on top|more)\b|^\+"
)
TO_ORDER = _(
    r"\b(?:to|in|into|on|with) (?:my|the|that|this|our|same|existing|confirmed)(?: \w+)? order\b|\bsame order\b"
)
STARRED = _(r"^\*\s*([^*\n]{1,60})$()|^()([^*\n]{1,60}?)\s*\*$")
ONLY_CORRECTS = _(
    r"^(?:\W*(?:sorry|oops|no|wait|eh|actually|aiyo|alamak|hold on|i mean|ah|oh|correction|sry)\W*)+$", re.IGNORECASE
)
EDITISH = _(
    r"\b(?:each|both|all|other way|round|first|last|more|less|only|keep|scrap|swap|instead|same|another|change|remove)\b"
)
OF_EACH = _(
    r"^(?:(?:pls|add|and|give me|can|i want|need)\W+)*(?P<n>\d+|one|two|three|four|five)?\s*(?P<how>more|less|fewer)?\s*(?:(?:of|for) )?(?:each|both|all)(?: one| of them| item| line)?\s*(?P<n2>\d+|one|two|three|four|five)?\s*(?P<how2>more|less|fewer)?$"
)
KEEP_ONLY = _(
    r"^(?:only|just) (?:want )?(?:the )(?P<keep2>[^\d,][^,]*|\d+ ?(?:in|inch|ml|oz|cm|mm|l|kg|g)\b[^,]*)$|^(?:(?:pls|ok|actually|just|sorry)\W+)*(?:keep only|only keep|just keep|i only want|leave only)\s+(?:the )?(?P<keep>.+)$"
)
PLACE_AMOUNT = _(
    r"^(?:and )?(?:the )?(?P<place>first|1st|second|2nd|third|3rd|last)(?: one| item| line)?\s+(?:to |make (?:it )?|change to )?(?P<n>\d+(?: \w+)?)$"
)
NOT_THAT = _(
    r"^(?:(?:sorry|eh|no|pls|the)\W+)*(?:not|except|other than|anything but|don'?t want)(?: the)?\s+(?P<what>[^,]+?)(?: one| ones)?$"
)
RECURRING = _(
    r"\b(?:every|weekly|each) (?:mon|tue|wed|thu|fri|sat|sun|week|day)|\bstanding order\b|\bevery (?:other )?week\b|\brecurring\b"
)
SOONEST = _(r"\b(?:asap|as soon as possible|urgent(?:ly)?|earliest|soonest|next available|nearest)\b")
PAYMENT = _(
    r"\b(?:pay(?:ment|ing|now)?|invoices?|statement|owe|outstanding|credit|bank|cheque|gst|refund|receipt|terms|bill|billing)\b"
)
SAME_FOR = _(
    r"^(?:(?:and|also|pls|ok)\W+)*(?:same|the same|same (?:qty|quantity|amount))\s+(?:for|with|goes for)\s+(?:the )?(?P<what>.+)$"
)
