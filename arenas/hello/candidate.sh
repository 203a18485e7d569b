#!/bin/sh
# The editable file: names a point. The evaluator says how good it is, with noise.

X=0.0
Y=0.0
SCALE=1.0

: > "$OVERNIGHT_START"
printf '%s %s %s\n' "$X" "$Y" "$SCALE" > "$OVERNIGHT_OUT/point.tmp"
mv "$OVERNIGHT_OUT/point.tmp" "$OVERNIGHT_OUT/point.txt"
printf 'X: %s\nY: %s\nSCALE: %s\n' "$X" "$Y" "$SCALE" > "$OVERNIGHT_OUT/config.txt"
