#!/bin/sh
# Makes the tables of docs/leaderboards: TASTEMAKER_DATA=... make leaderboards. Hours on two cores; may go on.
# With arguments only the boards named so, as in: sh benchmarks/leaderboards.sh ml100k-posters-last
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "${TASTEMAKER_DATA:?the folder of the data sets}"
out=${OUT:-$root/leaderboards}
wanted=" $* "
plain=popular,item_knn,rp3beta,ease,als,session_knn,content
some=popular,item_knn,user_knn,rp3beta,ease,als,session_knn,content,two_tower
all=$some,gru,cnn,transformer

board() { # data, split, models, seeds, trials, budget
    case "$wanted" in "  " | *" $1-$2 "*) ;; *) return 0 ;; esac
    "$root/.venv/bin/tastemaker" compare "$1" --models "$3" --split "$2" --seeds "$4" --trials "$5" --budget "$6" \
        --out "$out/$1-$2"
    sed "s|$out/||" "$out/$1-$2/compare.md" > "$root/docs/leaderboards/$1-$2.md"
}

board ml100k-posters cold_items $all,mm_graph 1 8 20s
board ml100k-posters last $all 3 20 30s
board ml100k-posters random $all 1 40 30s
board ml100k-posters time $all 1 40 15s
board deskdrop-social random popular,item_knn,user_knn,rp3beta,ease,als,session_knn,two_tower 1 8 20s
board amazon-office-industrial given $plain,two_tower,mm_graph,transformer 1 8 40s
board amazon-baby-split given $plain,lightgcn 1 8 60s
board ibm-courses random $some,mm_graph,gru,cnn,transformer 3 12 15s
board amazon-beauty-sequences last $plain,gru,transformer 3 8 60s
