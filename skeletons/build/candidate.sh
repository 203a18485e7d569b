# Frozen: the candidate is a text, not a program.
: > "$OVERNIGHT_START"
cp options.txt "$OVERNIGHT_OUT/options.txt"
