"""How likely a label is wrong, from what families of models answered to all items.

The model is item response theory without a key: family j gives the right answer to item i with
probability c + (1 - c) * logistic(a_i * (ability_j - b_i)), where b is the item's difficulty, a its
discrimination (Birnbaum's model, in Lord and Novick, Statistical Theories of Mental Test Scores,
1968) and c the chance of guessing. Which answer is right is unknown and estimated together with
the abilities by EM, as Dawid and Skene (Applied Statistics 28, 1979) do for observers' errors. The
label is one more voice, wrong with a probability that is estimated too. Beyond that:

- Wrong answers attract each other: which of them somebody gives follows a Polya urn (a Chinese
  restaurant where any number of answers is possible), so that the third family with the same
  wrong answer surprises less than the second.
- Families that share more wrong answers than others do count less, as if they were fewer.
- Two answers may both be right (an ambiguous item); the label is not wrong then if it is one.

Items are marginalised over a fixed grid of difficulties and discriminations. Nothing is random.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]

ROUNDS = 16  # of EM; abilities then move by less than they are rounded
CAMPS = 12  # the largest ones, the label's among them, may be right; those beyond are not
LEARN_TURNS = (3, 6, 12)  # when variety and weights are estimated anew
CHUNK = 250  # items at a time: bounds the memory, about 0.2 MB for each camp
VARIETIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
USUAL_VARIETY = 4.0
ERROR_PRIOR = (5.0, 45.0)  # wrong and right labels before any is seen: one in ten
AMBIGUOUS_PRIOR = (2.0, 98.0)
ABILITY_PRIOR = (1.0, 1.5)  # mean and standard deviation
SHARED = 0.2  # families that share fewer wrong answers, beyond what is usual, are independent
ENOUGH = 5.0  # wrong answers of each of two families, to say that they share them

_ABILITIES = np.arange(-4.0, 6.001, 0.05)
_DIFFICULTIES = np.linspace(-3.0, 3.0, 9)
_DISCRIMINATIONS = np.array([0.5, 1.0, 2.0])
_A, _B = (axis.ravel() for axis in np.meshgrid(_DISCRIMINATIONS, _DIFFICULTIES, indexing="ij"))
_SHARES = np.repeat([0.25, 0.5, 0.25], len(_DIFFICULTIES)) * np.exp(-(_B**2) / 2)
_LOG_SHARES: Floats = np.log(_SHARES / _SHARES.sum())


@dataclass(frozen=True, slots=True)
class Sheet:
    """The camps of all answers: `votes[item, family]` is 0 where it agrees with the label.

    Other camps count from 1 without a gap, the largest first; -1 is silence. `options` says how
    many answers an item has, 0 for any number; `unanswerable` which camp holds that there is no
    answer, or -1.
    """

    votes: Ints
    options: Ints
    unanswerable: Ints

    def part(self, chosen: Any) -> "Sheet":
        """Some of the items."""
        return Sheet(self.votes[chosen], self.options[chosen], self.unanswerable[chosen])


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is known of the families and of the labels as a whole.

    `weights` are from 0 to 1: less for families that share errors with others. `variety` is the
    urn's concentration: the larger, the less wrong answers attract each other. `unanswerable`
    says how much less likely "no answer" is right than a family's saying so makes it.
    """

    abilities: Floats
    weights: Floats
    label_error: float = 0.1
    variety: float = USUAL_VARIETY
    ambiguous: float = 0.02
    unanswerable: float = 0.5


@dataclass(frozen=True, slots=True)
class Posterior:
    """By item: how likely each camp alone is right, and how likely the label is wrong.

    `answers[item, camp]`; what it lacks to 1 falls to answers that nobody gave, and to ambiguous
    items, which are right by the label.
    """

    answers: Floats
    wrong: Floats


def posterior(crowd: Crowd, sheet: Sheet) -> Posterior:
    """What the crowd says of each item, in chunks."""
    camps = _camps(sheet)
    answers = np.zeros((len(sheet.votes), camps))
    wrong = np.zeros(len(sheet.votes))
    for chosen, part, options in _parts(sheet):
        found = _weigh(crowd, part, options)
        alone = found.alone.sum(axis=2)
        answers[chosen, : alone.shape[1]] = alone
        wrong[chosen] = 1 - alone[:, 0] - found.ambiguous.sum(axis=(1, 2))
    return Posterior(answers, np.clip(wrong, 0.0, 1.0))


def fit(sheet: Sheet, *, rounds: int = ROUNDS) -> Crowd:
    """Estimate the crowd by EM from items that at least one family answered."""
    families = sheet.votes.shape[1]
    crowd = Crowd(np.full(families, ABILITY_PRIOR[0]), np.ones(families))
    if not sheet.votes.size:
        return crowd
    crowd = replace(
        crowd,
        weights=crowd.weights * 2 / (1 + families),  # at first the label is not shouted down
        unanswerable=_unanswerable(sheet),
    )
    for turn in range(rounds):
        if turn in LEARN_TURNS:
            crowd = _with_weights(_with_variety(crowd, sheet), sheet)
        crowd = _step(crowd, sheet)
    return crowd


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Joint probabilities of one chunk, by item, camp and grid point; `evidence` by item.

    `alone`: the camp is right. `ambiguous`: label and camp are. `nobody`: no camp is.
    """

    alone: Floats
    ambiguous: Floats
    nobody: Floats
    evidence: Floats

    def right(self) -> Floats:
        """How likely each camp is right, alone or not."""
        found = self.alone + self.ambiguous
        found[:, 0] += self.ambiguous.sum(axis=1)
        return found


def _parts(sheet: Sheet) -> list[tuple[Ints, Sheet, int]]:
    """Chunks of items with equally many options."""
    parts: list[tuple[Ints, Sheet, int]] = []
    for options in np.unique(sheet.options):
        places = np.flatnonzero(sheet.options == options)
        for start in range(0, len(places), CHUNK):
            chosen = places[start : start + CHUNK]
            parts.append((chosen, sheet.part(chosen), int(options)))
    return parts


def _chances(abilities: Floats, options: int) -> Floats:
    """The chance of each ability to be right at each grid point."""
    guess = 1 / options if options else 0.0
    logit = _A * (abilities[:, None] - _B)
    found: Floats = guess + (1 - guess) / (1 + np.exp(-1.7 * logit))
    return np.clip(found, 0.005, 0.995)


def _weigh(crowd: Crowd, sheet: Sheet, options: int) -> _Weighed:
    camps = _camps(sheet)
    given = sheet.votes[:, None, :] == np.arange(camps)[:, None]  # item, camp, family
    chances = _chances(crowd.abilities, options)
    misses = np.log1p(-chances) * crowd.weights[:, None]
    gains = np.log(chances) * crowd.weights[:, None] - misses
    sizes = given @ crowd.weights
    sizes[:, 0] += 1  # the label's own voice
    missed = (sheet.votes >= 0) @ misses + _LOG_SHARES
    gained = given @ gains
    urns = _Urns(sizes, options, crowd.variety)
    fair = np.log(np.where(sheet.unanswerable[:, None] == np.arange(camps), crowd.unanswerable, 1))
    voice = np.full(camps, np.log(crowd.label_error))
    voice[0] = np.log1p(-crowd.label_error)
    single = np.log1p(-crowd.ambiguous)
    alone = urns.without + (fair + voice + single)
    pair = np.log(crowd.ambiguous) + voice[0] + urns.pairs + fair
    pair[:, 0] = -np.inf
    nobody = urns.nobody + (voice[-1] if camps > 1 else np.log(crowd.label_error)) + single
    logs = np.concatenate(
        (
            alone[:, :, None] + gained,
            pair[:, :, None] + gained + gained[:, :1],
            np.broadcast_to(nobody[:, None, None], (len(sizes), 1, len(_A))),
        ),
        axis=1,
    )
    logs += missed[:, None, :]
    evidence = logsumexp(logs, axis=(1, 2))
    shares = np.exp(logs - evidence[:, None, None])
    return _Weighed(shares[:, :camps], shares[:, camps : 2 * camps], shares[:, 2 * camps], evidence)


class _Urns:
    """How likely the wrong answers fell as they did, in logarithms.

    `without[item, camp]`: if that camp is right; `pairs`: if label and camp are, and who is right
    took either as it came; `nobody`: if none is. Camps that an item lacks are impossible.
    """

    def __init__(self, sizes: Floats, options: int, variety: float) -> None:
        there = sizes > 0
        count = there.sum(axis=1)
        many = np.maximum(options, count) if options else count
        total = sizes.sum(axis=1, keepdims=True)
        if options:
            base = variety / np.maximum(many - 1, 1)[:, None]
            terms = np.where(there, gammaln(base + sizes) - gammaln(base), 0.0)
            unseen = np.log(np.where(many > count, many - count, 1e-300))
            second = np.log(2 / np.maximum(many - 1, 1))[:, None]
        else:
            terms = np.where(there, np.log(variety) + gammaln(np.maximum(sizes, 1.0)), 0.0)
            unseen, second = np.zeros(len(sizes)), np.zeros((len(sizes), 1))
        wrong = terms.sum(axis=1, keepdims=True)
        self.without = np.where(there, wrong - terms - _spread(total - sizes, variety), -np.inf)
        rest = wrong - terms - terms[:, :1] - _spread(total - sizes - sizes[:, :1], variety)
        split = gammaln(2 + sizes) + gammaln(2 + sizes[:, :1]) - gammaln(4 + sizes + sizes[:, :1])
        self.pairs = np.where(there, rest + split + np.log(6) + second, -np.inf)
        self.nobody = wrong[:, 0] - _spread(total, variety)[:, 0] + unseen


def _camps(sheet: Sheet) -> int:
    return min(int(sheet.votes.max(initial=0)) + 1, CAMPS)


def _spread(count: Floats, variety: float) -> Floats:
    found: Floats = gammaln(variety + np.maximum(count, 0.0)) - gammaln(variety)
    return found


def _step(crowd: Crowd, sheet: Sheet) -> Crowd:
    """One round of EM."""
    score = -(((_ABILITIES - ABILITY_PRIOR[0]) / ABILITY_PRIOR[1]) ** 2) / 2
    scores = np.tile(score, (len(crowd.abilities), 1))
    wrong = ambiguous = 0.0
    for _, part, options in _parts(sheet):
        found = _weigh(crowd, part, options)
        right, seen = _counts(found, part)
        chances = _chances(_ABILITIES, options)
        scores += right @ np.log(chances).T + (seen - right) @ np.log1p(-chances).T
        both = found.ambiguous.sum()
        ambiguous += both
        wrong += len(part.votes) - found.alone[:, 0].sum() - both
    items = len(sheet.votes)
    return replace(
        crowd,
        abilities=_ABILITIES[scores.argmax(axis=1)],
        label_error=_share(wrong, items, ERROR_PRIOR, 0.4),
        ambiguous=_share(ambiguous, items, AMBIGUOUS_PRIOR, 0.3),
    )


def _counts(found: _Weighed, part: Sheet) -> tuple[Floats, Floats]:
    """How often each family is expected to have been right and to have answered, by grid point."""
    right = found.right()
    points = right.shape[2]
    given = part.votes[:, None, :] == np.arange(right.shape[1])[:, None]
    rights = given.reshape(-1, given.shape[2]).T @ right.reshape(-1, points)
    everything = found.alone.sum(axis=1) + found.ambiguous.sum(axis=1) + found.nobody
    return rights, (part.votes >= 0).T @ everything


def _share(count: float, items: int, prior: tuple[float, float], most: float) -> float:
    return float(np.clip((count + prior[0]) / (items + sum(prior)), 0.005, most))


def _unanswerable(sheet: Sheet) -> float:
    """How often labels say "no answer" for each time a family does, within reason.

    Labels may lack the very answers that are right, so it never falls below a quarter.
    """
    there = sheet.unanswerable >= 0
    says = (sheet.votes == sheet.unanswerable[:, None]) & there[:, None]
    labels = (np.count_nonzero(sheet.unanswerable == 0) + 1) / (len(sheet.votes) + 1)
    answered = np.count_nonzero(sheet.votes >= 0)
    return float(np.clip(labels * (answered + 1) / (np.count_nonzero(says) + 1), 0.25, 1.0))


def _with_variety(crowd: Crowd, sheet: Sheet) -> Crowd:
    """The likeliest variety of wrong answers; a few items say little against the usual one."""
    tried = [replace(crowd, variety=variety) for variety in VARIETIES]
    likely = [
        sum(_weigh(one, part, options).evidence.sum() for _, part, options in _parts(sheet))
        - np.log(one.variety / USUAL_VARIETY) ** 2
        for one in tried
    ]
    return tried[int(np.argmax(likely))]


def _with_weights(crowd: Crowd, sheet: Sheet) -> Crowd:
    """Weights by the wrong answers that families share beyond what is usual among them all."""
    families = len(crowd.weights)
    shared, single = np.zeros((families, families)), np.zeros((families, families))
    for _, part, options in _parts(sheet):
        doubt = 1 - _weigh(crowd, part, options).right().sum(axis=2)
        there = part.votes >= 0
        doubts = np.concatenate((doubt, np.ones((len(doubt), 1))), axis=1)  # of those beyond CAMPS
        places = np.clip(part.votes, 0, doubt.shape[1])
        wrong = np.where(there, np.take_along_axis(doubts, places, 1), 0.0)
        single += wrong.T @ there
        for camp in range(doubt.shape[1]):
            given = part.votes == camp
            shared += (given * doubt[:, camp, None]).T @ given
    least = np.minimum(single, single.T)
    share = np.where(least >= ENOUGH, shared / np.maximum(least, ENOUGH), np.nan)
    np.fill_diagonal(share, np.nan)
    if np.isnan(share).all():  # nothing is known of shared errors
        return replace(crowd, weights=np.ones(families))
    usual = float(np.nanmedian(share))
    excess = np.nan_to_num((share - usual) / max(1 - usual, 0.05))
    excess = np.where(excess >= SHARED, np.minimum(excess, 1.0), 0.0)
    return replace(crowd, weights=1 / (1 + excess.sum(axis=1)))
