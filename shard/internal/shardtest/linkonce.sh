#!/bin/sh
# This is for -toolexec. If a program has been linked before, it copies the program instead of
# linking it. The linker takes most of the time of go test for a small package, and the
# scripts test the same packages many times. Programs are identified by their -buildid, in
# which the go command includes everything that is linked. The folder LINKONCE has the
# copies. It also prints the versions of the tools, because the go command starts every tool
# each time to get its version. It is a shell script, because a Go program takes five times
# as long to start.
#
# The text LINKSALT is added to the end of each program and is not read by it. The go command
# caches test results by the program, so they are reused only with the same LINKSALT.
unset GOGC # it is set for the go command; the tools make more garbage
case $2 in -V=full)
	case $1 in
	VERSIONS
	esac
	exec "$@" ;;
esac
case $1 in
*/link) ;;
*) exec "$@" ;;
esac
output='' id='' previous=''
for word; do
	case $previous in -o) : "${output:=$word}" ;; esac
	case $word in -buildid=*) id=${word#-buildid=}/ ;; esac
	previous=$word
done
if [ -z "$output" ] || [ -z "$id" ]; then exec "$@"; fi
kept=$LINKONCE/program
while [ -n "$id" ]; do # a slash is not part of a file's name
	kept=${kept}_${id%%/*}
	id=${id#*/}
done
if ! cp "$kept" "$output" 2>/dev/null; then # it is new, or another run has just removed it
	"$@" || exit
	cp "$output" "$kept.new$$" && mv "$kept.new$$" "$kept" || exit
fi
echo >"$kept.used" # marks the copy as used
printf %s "$LINKSALT" >>"$output"
