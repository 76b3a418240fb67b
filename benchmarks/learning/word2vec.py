"""Word2vec on Shakespeare: vectors of words, learnt from who stands near whom.

python benchmarks/learning/word2vec.py              # 7 of 10 pairs among the nearest ten
"""

from __future__ import annotations

from runner import Run

import nn
from nn.data import DataLoader, TensorDataset, Vocabulary, tokenize
from nn.data.datasets import TextFile
from nn.models import Word2Vec, skip_gram_pairs, subsample

PAIRS = [("king", "queen"), ("he", "she"), ("thou", "thee"), ("father", "mother"),
         ("brother", "sister"), ("day", "night"), ("his", "her"), ("lord", "sir"),
         ("come", "go"), ("son", "daughter")]  # fmt: skip


def main() -> None:
    run = Run(__doc__, minutes=0.3, pace=20000)
    text = TextFile(run.data / "text" / "tinyshakespeare.txt").text
    tokens = [token for token in tokenize(text) if token[0].isalpha()]
    vocabulary = Vocabulary(tokens, min_count=30, unknown=None)
    numbers = vocabulary.encode(token for token in tokens if token in vocabulary)
    run.say(f"{len(numbers):,} words in a row, {len(vocabulary):,} different ones")

    model = Word2Vec(vocabulary, dim=64, negatives=8)
    optimizer = nn.optim.Adam(model.parameters(), lr=5e-3)
    scheduler = nn.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, run.steps)
    thinned = subsample(numbers, 1e-2, rng=run.seed)
    data = TensorDataset(*skip_gram_pairs(thinned, window=3, rng=run.seed))
    loader = DataLoader(data, 1024, shuffle=True, drop_last=True, rng=run.seed)
    for center, context in run.batches(loader):
        run.learn(model(center, context), optimizer, scheduler)

    found = 0
    for word, partner in PAIRS:
        nearest = [name for name, _ in model.most_similar(word, 10)]
        found += partner in nearest
        print(f"{word:>8}: {' '.join(nearest)}")
    run.finish("7 of 10 pairs among the nearest ten", found >= 7, pairs_found=found)


if __name__ == "__main__":
    main()
