#!/bin/sh
# Makes the tables of docs/leaderboards: TASTEMAKER_DATA=... make leaderboards. About two hours on two cores; may go on.
set -eu
cd "${TASTEMAKER_DATA:?the folder of the data sets}"
root=$OLDPWD
out=${OUT:-$root/leaderboards}
all=popular,item_knn,user_knn,rp3beta,ease,als,session_knn,content,two_tower,gru,cnn,transformer
plain=popular,item_knn,rp3beta,ease,als,session_knn,content

board() { # data, split, models, seeds, trials, budget
    "$root/.venv/bin/tastemaker" compare "$1" --models "$3" --split "$2" --seeds "$4" --trials "$5" --budget "$6" \
        --out "$out/$1-$2"
    sed "s|$out/||" "$out/$1-$2/compare.md" > "$root/docs/leaderboards/$1-$2.md"
}

for how in random last time cold_items; do board ml100k-posters $how $all 1 8 20s; done
board ibm-courses random $all,mm_graph 3 12 15s
board deskdrop-social random $all 1 8 20s
board amazon-beauty-sequences last $plain 1 8 60s
board amazon-baby-split given $plain 1 8 60s
board amazon-office-industrial given $plain 1 8 40s
