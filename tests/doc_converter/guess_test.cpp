// Text that does not say its encoding.
#include "catch.hpp"
#include "text/encoding.hpp"
#include "text/guess.hpp"

#include <string>
#include <string_view>

using doc::guess_code_page;
using doc::guess_utf16;

TEST_CASE("old encodings are told apart by their letters") {
  // 日本語の文章です。これは試験のための文書です。
  CHECK(guess_code_page("\x93\xfa\x96"
                        "{\x8c\xea\x82\xcc\x95\xb6\x8f\xcd\x82\xc5\x82\xb7\x81"
                        "B\x82\xb1\x82\xea\x82\xcd\x8e\x8e\x8c\xb1\x82\xcc\x82\xbd\x82\xdf\x82\xcc\x95\xb6\x8f\x91\x82"
                        "\xc5\x82\xb7\x81"
                        "B") == 932u);
  // 日本語の文章です。これは試験のための文書です。
  CHECK(guess_code_page(
            "\xc6\xfc\xcb\xdc\xb8\xec\xa4\xce\xca\xb8\xbe\xcf\xa4\xc7\xa4\xb9\xa1\xa3\xa4\xb3\xa4\xec\xa4\xcf\xbb\xee"
            "\xb8\xb3\xa4\xce\xa4\xbf\xa4\xe1\xa4\xce\xca\xb8\xbd\xf1\xa4\xc7\xa4\xb9\xa1\xa3") == 51932u);
  // 这是一个中文文件，用来测试我们的程序。
  CHECK(guess_code_page("\xd5\xe2\xca\xc7\xd2\xbb\xb8\xf6\xd6\xd0\xce\xc4\xce\xc4\xbc\xfe\xa3\xac\xd3\xc3\xc0\xb4\xb2"
                        "\xe2\xca\xd4\xce\xd2\xc3\xc7\xb5\xc4\xb3\xcc\xd0\xf2\xa1\xa3") == 936u);
  // 這是一個中文文件，用來測試我們的程式。
  CHECK(guess_code_page("\xb3"
                        "o\xac"
                        "O\xa4"
                        "@\xad\xd3\xa4\xa4\xa4\xe5\xa4\xe5\xa5\xf3\xa1"
                        "A\xa5\xce\xa8\xd3\xb4\xfa\xb8\xd5\xa7\xda\xad\xcc\xaa\xba\xb5"
                        "{\xa6\xa1\xa1"
                        "C") == 950u);
  // 이것은 한국어 문서입니다. 프로그램을 시험합니다.
  CHECK(guess_code_page("\xc0\xcc\xb0\xcd\xc0\xba"
                        " \xc7\xd1\xb1\xb9\xbe\xee"
                        " \xb9\xae\xbc\xad\xc0\xd4\xb4\xcf\xb4\xd9"
                        ". \xc7\xc1\xb7\xce\xb1\xd7\xb7\xa5\xc0\xbb"
                        " \xbd\xc3\xc7\xe8\xc7\xd5\xb4\xcf\xb4\xd9"
                        ".") == 949u);
  // Это документ на русском языке, и он не говорит, в какой он кодировке.
  CHECK(guess_code_page("\xdd\xf2\xee"
                        " \xe4\xee\xea\xf3\xec\xe5\xed\xf2"
                        " \xed\xe0"
                        " \xf0\xf3\xf1\xf1\xea\xee\xec"
                        " \xff\xe7\xfb\xea\xe5"
                        ", \xe8"
                        " \xee\xed"
                        " \xed\xe5"
                        " \xe3\xee\xe2\xee\xf0\xe8\xf2"
                        ", \xe2"
                        " \xea\xe0\xea\xee\xe9"
                        " \xee\xed"
                        " \xea\xee\xe4\xe8\xf0\xee\xe2\xea\xe5"
                        ".") == 1251u);
  // Это документ на русском языке, и он не говорит, в какой он кодировке.
  CHECK(guess_code_page("\xfc\xd4\xcf"
                        " \xc4\xcf\xcb\xd5\xcd\xc5\xce\xd4"
                        " \xce\xc1"
                        " \xd2\xd5\xd3\xd3\xcb\xcf\xcd"
                        " \xd1\xda\xd9\xcb\xc5"
                        ", \xc9"
                        " \xcf\xce"
                        " \xce\xc5"
                        " \xc7\xcf\xd7\xcf\xd2\xc9\xd4"
                        ", \xd7"
                        " \xcb\xc1\xcb\xcf\xca"
                        " \xcf\xce"
                        " \xcb\xcf\xc4\xc9\xd2\xcf\xd7\xcb\xc5"
                        ".") == 20866u);
  // Αυτό είναι ένα έγγραφο στα ελληνικά, που δεν λέει την κωδικοποίησή του.
  CHECK(guess_code_page("\xc1\xf5\xf4\xfc"
                        " \xe5\xdf\xed\xe1\xe9"
                        " \xdd\xed\xe1"
                        " \xdd\xe3\xe3\xf1\xe1\xf6\xef"
                        " \xf3\xf4\xe1"
                        " \xe5\xeb\xeb\xe7\xed\xe9\xea\xdc"
                        ", \xf0\xef\xf5"
                        " \xe4\xe5\xed"
                        " \xeb\xdd\xe5\xe9"
                        " \xf4\xe7\xed"
                        " \xea\xf9\xe4\xe9\xea\xef\xf0\xef\xdf\xe7\xf3\xde"
                        " \xf4\xef\xf5"
                        ".") == 1253u);
  // זהו מסמך בעברית שאינו אומר באיזה קידוד הוא נכתב, וזה די רע
  CHECK(guess_code_page("\xe6\xe4\xe5"
                        " \xee\xf1\xee\xea"
                        " \xe1\xf2\xe1\xf8\xe9\xfa"
                        " \xf9\xe0\xe9\xf0\xe5"
                        " \xe0\xe5\xee\xf8"
                        " \xe1\xe0\xe9\xe6\xe4"
                        " \xf7\xe9\xe3\xe5\xe3"
                        " \xe4\xe5\xe0"
                        " \xf0\xeb\xfa\xe1"
                        ", \xe5\xe6\xe4"
                        " \xe3\xe9"
                        " \xf8\xf2") == 1255u);
  // Déjà vu: l’été, où çà et là naît la forêt, Noël à l’œuvre.
  CHECK(guess_code_page("D\xe9"
                        "j\xe0"
                        " vu: l\x92\xe9"
                        "t\xe9"
                        ", o\xf9"
                        " \xe7\xe0"
                        " et l\xe0"
                        " na\xee"
                        "t la for\xea"
                        "t, No\xeb"
                        "l \xe0"
                        " l\x92\x9c"
                        "uvre.") == 1252u);
  // Größe, Übermut, ärgerlich, fünf süße Äpfel für Jörg
  CHECK(guess_code_page("Gr\xf6\xdf"
                        "e, \xdc"
                        "bermut, \xe4"
                        "rgerlich, f\xfc"
                        "nf s\xfc\xdf"
                        "e \xc4"
                        "pfel f\xfc"
                        "r J\xf6"
                        "rg") == 1252u);
  // Være så god: blåbær, rødgrød med fløde på Ærø
  CHECK(guess_code_page("V\xe6"
                        "re s\xe5"
                        " god: bl\xe5"
                        "b\xe6"
                        "r, r\xf8"
                        "dgr\xf8"
                        "d med fl\xf8"
                        "de p\xe5"
                        " \xc6"
                        "r\xf8") == 1252u);
  CHECK(guess_code_page("nothing but ASCII") == 1252u);
  CHECK(guess_code_page("") == 1252u);
  // A name in much English says nothing of the language.
  CHECK(guess_code_page("The letter of Mr \xcf\xf0\xe8\xe2\xe5\xf2 was read by all of us, and by many others") ==
        1252u);
}

TEST_CASE("a few damaged bytes change no guess") {
  std::string japanese;
  for (int i = 0; i < 40; ++i) japanese += "\x82\xb1\x82\xea\x82\xcd";
  CHECK(guess_code_page(japanese + "\xff" + japanese + "\x82") == 932u);
}

TEST_CASE("UTF-16 without a mark is known by its zero bytes") {
  CHECK(guess_utf16(std::string_view("a\0b\0\xe9\0", 6)) == doc::code_page_utf16le);
  CHECK(guess_utf16(std::string_view("\0a\0b\0\xe9", 6)) == doc::code_page_utf16be);
  CHECK_FALSE(guess_utf16("abcdef"));
  CHECK_FALSE(guess_utf16(std::string_view("\x7f\0\1\0\2\0\3\0\4\0", 10))); // numbers
  CHECK_FALSE(guess_utf16(std::string_view("\0\0\0\0\0\0", 6)));
  CHECK_FALSE(guess_utf16(""));
}
