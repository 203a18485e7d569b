#!/bin/sh
# Frozen and hidden: the function with its optimum, and the noise. The seed is the harness's, so the candidate cannot choose its luck.
set -eu
awk -v seed="$OVERNIGHT_SEED" -v nonce="$OVERNIGHT_NONCE" '
  NR == 1 && NF == 3 && $1 == $1 + 0 && $2 == $2 + 0 && $3 == $3 + 0 && $3 > 0 {
    srand(seed)
    for (i = 0; i < 10; i++) rand()
    noise = sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand())
    s = log($3 / 3)
    true_loss = ($1 - 1.7) ^ 2 + 2 * ($2 + 0.6) ^ 2 + s * s / 4
    printf "nonce: %s\nloss: %.6f\n", nonce, true_loss + 0.05 * noise
    good = 1
  }
  END { if (!good) { print "point.txt must hold three numbers, the third above 0" > "/dev/stderr"; exit 1 } }
' "$OVERNIGHT_ARTEFACT/point.txt" > "$OVERNIGHT_RESULT"
