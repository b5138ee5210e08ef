#include "words.hpp"

#include <unordered_map>

namespace doc::rtf {
namespace {

using Table = std::unordered_map<std::string_view, WordMeaning>;

void add_destinations(Table& table) {
  // What is not text of the document, or says again what is said elsewhere.
  for (const std::string_view name : {"header",
                                      "headerl",
                                      "headerr",
                                      "headerf",
                                      "footer",
                                      "footerl",
                                      "footerr",
                                      "footerf",
                                      "annotation",
                                      "atnid",
                                      "atnauthor",
                                      "atntime",
                                      "atnicn",
                                      "atnref",
                                      "atnparent",
                                      "atndate",
                                      "atrfstart",
                                      "atrfend",
                                      "xe",
                                      "tc",
                                      "rxe",
                                      "txe",
                                      "private",
                                      "filetbl",
                                      "revtbl",
                                      "rsidtbl",
                                      "generator",
                                      "themedata",
                                      "colorschememapping",
                                      "datastore",
                                      "latentstyles",
                                      "nonshppict",
                                      "listtext",
                                      "pnseclvl",
                                      "ftnsep",
                                      "ftnsepc",
                                      "ftncn",
                                      "aftnsep",
                                      "aftnsepc",
                                      "aftncn",
                                      "bkmkend",
                                      "mmathPict",
                                      "nonesttables",
                                      "shprslt",
                                      "objdata",
                                      "objclass",
                                      "objname",
                                      "blipuid",

                                      "template",
                                      "background",
                                      "listpicture",
                                      "xmlnstbl",
                                      "userprops",
                                      "docvar",
                                      "formfield",
                                      "datafield",
                                      "oldcprops",
                                      "oldpprops",
                                      "oldsprops",
                                      "oldtprops",
                                      "mctrlPr",
                                      "pnumdef",

                                      "levelnumbers",
                                      "listname",
                                      "liststylename",
                                      "panose",
                                      "falt",
                                      "keycode",
                                      "ffname",
                                      "ffdeftext",
                                      "comment",
                                      "doccomm",
                                      "creatim",
                                      "revtim",
                                      "printim",
                                      "buptim",
                                      "operator",
                                      "manager",
                                      "company",
                                      "category",
                                      "hlinkbase",
                                      "linkval",
                                      "passwordhash",
                                      "wgrffmtfilter",
                                      "pgptbl",
                                      "defchp",
                                      "defpap",
                                      "fontemb",
                                      "fontfile"})
    table[name] = {Word::skip, 0};
  table["fonttbl"] = {Word::fonttbl, 0};
  table["colortbl"] = {Word::colortbl, 0};
  table["stylesheet"] = {Word::stylesheet, 0};
  table["listtable"] = {Word::listtable, 0};
  table["listoverridetable"] = {Word::listoverridetable, 0};
  table["info"] = {Word::info, 0};
  table["title"] = {Word::title, 0};
  table["author"] = {Word::author, 0};
  table["subject"] = {Word::subject, 0};
  table["keywords"] = {Word::keywords, 0};
  table["field"] = {Word::field, 0};
  table["fldinst"] = {Word::fldinst, 0};
  table["fldrslt"] = {Word::fldrslt, 0};
  table["bkmkstart"] = {Word::bkmkstart, 0};
  table["pict"] = {Word::pict, 0};
  for (const std::string_view name : {"shp", "shpinst", "shpgrp", "do", "object", "picprop", "sp"})
    table[name] = {Word::shape, 0};
  table["sn"] = {Word::sn, 0};
  table["sv"] = {Word::sv, 0};
  for (const std::string_view name : {"shptxt", "dptxbxtext"}) table[name] = {Word::shptxt, 0};
  table["footnote"] = {Word::footnote, 0};
  table["pn"] = {Word::pn, 0};
  table["pntext"] = {Word::pntext, 0};
  table["upr"] = {Word::upr, 0};
  table["ud"] = {Word::ud, 0};
  // Groups with a star that are read as if they had none.
  for (const std::string_view name :
       {"shppict", "result", "mmath",   "moMath",  "moMathPara", "mr",     "me",         "mnum", "mden",
        "msup",    "msub",   "mf",      "md",      "msSup",      "msSub",  "msSubSup",   "mrad", "mdeg",
        "mnary",   "mfName", "mfunc",   "macc",    "mbar",       "mbox",   "mborderBox", "mm",   "mmr",
        "meqArr",  "mlim",   "mlimLow", "mlimUpp", "mgroupChr",  "mphant", "msPre"})
    table[name] = {Word::transparent, 0};
  table["leveltext"] = {Word::leveltext, 0};
  table["nesttableprops"] = {Word::nesttableprops, 0};
}

void add_header(Table& table) {
  table["ansi"] = {Word::ansi, 0};
  table["mac"] = {Word::mac, 10000};
  table["pc"] = {Word::pc, 437};
  table["pca"] = {Word::pca, 850};
  table["ansicpg"] = {Word::ansicpg, 0};
  table["deff"] = {Word::deff, 0};
  table["deflang"] = {Word::deflang, 0};
  table["uc"] = {Word::uc, 0};
  table["u"] = {Word::u, 0};
  table["f"] = {Word::f, 0};
  table["fcharset"] = {Word::fcharset, 0};
  table["cpg"] = {Word::cpg, 0};
  table["fmodern"] = {Word::fixed_width, 0};
  table["red"] = {Word::red, 0};
  table["green"] = {Word::green, 0};
  table["blue"] = {Word::blue, 0};
  table["s"] = {Word::s, 0};
  table["cs"] = {Word::cs, 0};
  table["outlinelevel"] = {Word::outlinelevel, 0};
  table["list"] = {Word::list, 0};
  table["listlevel"] = {Word::listlevel, 0};
  table["levelnfc"] = {Word::levelnfc, 0};
  table["levelnfcn"] = {Word::levelnfc, 0};
  table["levelstartat"] = {Word::levelstartat, 0};
  table["listid"] = {Word::listid, 0};
  table["listoverride"] = {Word::listoverride, 0};
  table["ls"] = {Word::ls, 0};
  table["ilvl"] = {Word::ilvl, 0};
}

void add_character_properties(Table& table) {
  table["plain"] = {Word::plain, 0};
  table["b"] = {Word::bold, 0};
  table["i"] = {Word::italic, 0};
  for (const std::string_view name :
       {"ul", "uld", "uldash", "uldashd", "uldashdd", "uldb", "ulhwave", "ulldash", "ulth", "ulthd", "ulthdash",
        "ulthdashd", "ulthdashdd", "ulthldash", "ululdbwave", "ulw", "ulwave"})
    table[name] = {Word::underline, 0};
  table["ulnone"] = {Word::no_underline, 0};
  table["strike"] = {Word::strike, 0};
  table["striked"] = {Word::strike, 0};
  table["super"] = {Word::superscript, 0};
  table["sub"] = {Word::subscript, 0};
  table["nosupersub"] = {Word::no_rise, 0};
  table["up"] = {Word::up, 0};
  table["dn"] = {Word::down, 0};
  table["cf"] = {Word::color, 0};
  for (const std::string_view name : {"cb", "highlight", "chcbpat"}) table[name] = {Word::background, 0};
  table["v"] = {Word::hidden, 0};
  for (const std::string_view name : {"deleted", "mvf"}) table[name] = {Word::deleted, 0};
}

void add_paragraph_properties(Table& table) {
  table["pard"] = {Word::pard, 0};
  table["ql"] = {Word::left, 0};
  table["qc"] = {Word::center, 0};
  table["qr"] = {Word::right, 0};
  table["qj"] = {Word::justify, 0};
  for (const std::string_view name : {"li", "lin"}) table[name] = {Word::left_indent, 0};
  table["fi"] = {Word::first_indent, 0};
  table["intbl"] = {Word::intbl, 0};
  table["itap"] = {Word::itap, 0};
  for (const std::string_view name : {"brdrb", "brdrt"}) table[name] = {Word::border, 0};
  table["pagebb"] = {Word::page_before, 0};
  table["par"] = {Word::par, 0};
  table["line"] = {Word::line, 0};
  table["page"] = {Word::page, 0};
  table["sect"] = {Word::sect, 0};
  table["sbknone"] = {Word::section_kind, 1};
  table["sbkcol"] = {Word::section_kind, 1};
  for (const std::string_view name : {"sectd", "sbkpage", "sbkeven", "sbkodd"}) table[name] = {Word::section_kind, 0};
  table["tab"] = {Word::tab, 0};
  table["ftnalt"] = {Word::ftnalt, 0};
  table["pnlvlblt"] = {Word::pnlvlblt, 0};
  table["pnlvlbody"] = {Word::pnlvlbody, 0};
  table["pnlvl"] = {Word::pnlvl, 0};
  table["pnstart"] = {Word::pnstart, 0};
  table["pndec"] = {Word::pnnumber, 0};
  table["pnucrm"] = {Word::pnnumber, 1};
  table["pnlcrm"] = {Word::pnnumber, 2};
  table["pnucltr"] = {Word::pnnumber, 3};
  table["pnlcltr"] = {Word::pnnumber, 4};
}

void add_tables_and_pictures(Table& table) {
  table["trowd"] = {Word::trowd, 0};
  table["trleft"] = {Word::trleft, 0};
  table["trhdr"] = {Word::trhdr, 0};
  table["cellx"] = {Word::cellx, 0};
  table["clmrg"] = {Word::clmrg, 0};
  table["clvmrg"] = {Word::clvmrg, 0};
  table["clcbpat"] = {Word::clcbpat, 0};
  table["cell"] = {Word::cell, 0};
  table["row"] = {Word::row, 0};
  table["nestcell"] = {Word::nestcell, 0};
  table["nestrow"] = {Word::nestrow, 0};
  table["dibitmap"] = {Word::dibitmap, 0};
  table["picw"] = {Word::picw, 0};
  table["pich"] = {Word::pich, 0};
  table["picwgoal"] = {Word::picwgoal, 0};
  table["pichgoal"] = {Word::pichgoal, 0};
  table["picscalex"] = {Word::picscalex, 0};
  table["picscaley"] = {Word::picscaley, 0};
}

void add_characters(Table& table) {
  table["emdash"] = {Word::character, 0x2014};
  table["endash"] = {Word::character, 0x2013};
  table["emspace"] = {Word::character, 0x2003};
  table["enspace"] = {Word::character, 0x2002};
  table["qmspace"] = {Word::character, 0x2005};
  table["bullet"] = {Word::character, 0x2022};
  table["lquote"] = {Word::character, 0x2018};
  table["rquote"] = {Word::character, 0x2019};
  table["ldblquote"] = {Word::character, 0x201c};
  table["rdblquote"] = {Word::character, 0x201d};
  table["zwj"] = {Word::character, 0x200d};
  table["zwnj"] = {Word::character, 0x200c};
}

Table make_table() {
  Table table;
  add_destinations(table);
  add_header(table);
  add_character_properties(table);
  add_paragraph_properties(table);
  add_tables_and_pictures(table);
  add_characters(table);
  return table;
}

} // namespace

WordMeaning meaning_of(std::string_view name) {
  static const Table table = make_table();
  const auto found = table.find(name);
  return found == table.end() ? WordMeaning() : found->second;
}

} // namespace doc::rtf
