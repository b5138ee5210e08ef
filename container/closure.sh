# What assemble-base and assemble-worker share: taking files out of a Debian root together with the package they come from.
# To be read with `.`; needs $root, the tree to fill, and $taken_packages, a file that collects package names.

# owner PATH: the Debian package a file came with. Packages name files as they were before /lib became a link to /usr/lib.
owner() {
  found=$(dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null) || return 1
  found=${found%%: *}
  echo "${found%%[:,]*}"
}

# place PATH: copies a file, or a link and what it points to, to the same place under $root.
place() {
  folder=$(cd "$(dirname "$1")" && pwd -P)
  path=$folder/$(basename "$1")
  mkdir -p "$root$folder"
  [ -e "$root$path" ] || [ -L "$root$path" ] || cp -a "$path" "$root$path"
  if package=$(owner "$path"); then echo "$package" >>"$taken_packages"; fi
  if [ -L "$path" ]; then
    target=$(readlink "$path")
    case $target in /*) ;; *) target=$folder/$target ;; esac
    place "$target"
  fi
}

# needed FILE: "name path" of every shared library that the file needs, directly or not; the path is "missing" where there is none.
needed() {
  ldd "$1" | awk '
    /=> not found/ { print $1, "missing"; next }
    $2 == "=>" && $3 ~ /^\// { print $1, $3; next }
    $1 ~ /^\// { n = split($1, part, "/"); print part[n], $1 }'
}

# describe_packages: for scanners and lawyers, the status and the copyright of every package that something was taken from.
describe_packages() {
  mkdir -p "$root/var/lib/dpkg/status.d"
  sort -u "$taken_packages" | while read -r package; do
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
    mkdir -p "$root/usr/share/doc/$package"
    cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  done
  # The licence texts that those copyright files only refer to.
  mkdir -p "$root/usr/share/common-licenses"
  cat "$root"/usr/share/doc/*/copyright | grep -oE '/usr/share/common-licenses/[A-Za-z0-9.-]+[A-Za-z0-9]' | sort -u | while read -r licence; do
    if [ -f "$licence" ] || [ -L "$licence" ]; then place "$licence"; fi
  done
}

# settle TREE: the same modes and times in every build.
settle() {
  chmod -R u=rwX,go=rX "$1"
  find "$1" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
}
