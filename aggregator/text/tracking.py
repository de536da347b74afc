"""Parameters of an address that follow readers about and name nothing."""

from __future__ import annotations

import re

# Each name belongs to one advertiser, mailer or counter and means nothing else anywhere. What may name
# content on some site (from, ref, source, share, id, cid, scene) is not here.
_NAMES = frozenset(
    # clicks on advertisements
    "fbclid gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid msclkid yclid ysclid ttclid twclid"
    " li_fat_id epik scclid irclickid rdt_cid wickedid rb_clickid srsltid"
    # networks that people share on
    " igsh igshid ref_src ref_url share_token share_from_id isappinstalled wxshare_count nsukey"
    " sharer_shareinfo sharer_shareinfo_first vd_source spm_id_from"
    # newsletters
    " mc_cid mc_eid mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking _ke ml_subscriber"
    " ml_subscriber_hash bsft_clkid bsft_eid bsft_mid bsft_uid dm_i cmpid ncid s_cid icid"
    # counters
    " _ga _gl _openstat spm scm hmsr hmpl hmcu hmkw hmci _branch_match_id wt.mc_id wt.mc_ev wt.tsrc wt.zmc"
    " xtor".split()
)
_FAMILIES = re.compile(
    r"(?:utm|vero|oly|hsa|trk)_\w+"
    r"|(?:pk|piwik|mtm|matomo)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement)"
    r"|at_(?:campaign\w*|medium|custom\d|creation|format|network|platform|variant|link_\w+|ptr_name|bbc_team)"
)


def tracks(name: str) -> bool:
    """Tell whether a query parameter of this name, in whatever case, only tracks."""
    name = name.lower()
    return name in _NAMES or _FAMILIES.fullmatch(name) is not None
