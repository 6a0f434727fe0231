"""The shrunken linear rule against scikit-learn and against the rule that is right by construction."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from models.discriminant import Discriminant


def clouds(items: int, classes: int = 3, features: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    targets = np.arange(items) % classes
    mixing = random.standard_normal((features, features))
    return random.standard_normal((items, features)) @ mixing + 1.5 * targets[:, None] * mixing[0] + 7, targets


def test_it_is_the_rule_of_scikit_learn_at_the_same_shrinkage() -> None:
    features, targets = clouds(90)
    found = Discriminant.fit(features, targets, np.full(3, 1 / 3))
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=found.shrinkage).fit(standard, targets)
    np.testing.assert_allclose(np.exp(found.log_posterior(features)), theirs.predict_proba(standard), atol=1e-4)
    assert 0 < found.shrinkage < 1


def test_with_many_items_it_is_the_rule_of_bayes() -> None:
    random = np.random.default_rng(1)
    targets = (random.random(40_000) < 0.2).astype(np.int64)
    value = random.standard_normal(40_000) + 2.0 * targets
    features = np.stack([value, random.standard_normal(40_000)], axis=1)
    rule = Discriminant.fit(features, targets, np.array([0.8, 0.2]))
    places = np.array([[-1.0, 0.0], [1.0, 3.0], [2.0, -3.0]])
    odds = np.log(0.2 / 0.8) + 2.0 * places[:, 0] - 2.0
    found = rule.log_posterior(places)
    np.testing.assert_allclose(found[:, 1] - found[:, 0], odds, atol=0.1)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1)


def test_an_item_of_weight_zero_is_not_there_and_one_of_weight_two_is_there_twice() -> None:
    features, targets = clouds(60)
    priors, weights = np.full(3, 1 / 3), np.ones(60)
    weights[:20] = 0
    one, other = (
        Discriminant.fit(features, targets, priors, weights),
        Discriminant.fit(features[20:], targets[20:], priors),
    )
    np.testing.assert_array_equal(one.log_posterior(features), other.log_posterior(features))
    assert one.items == 40
    weights = np.where(np.arange(60) < 30, 2.0, 1.0)
    twice = Discriminant.fit(features, targets, priors, weights)
    repeated = Discriminant.fit(
        np.concatenate([features, features[:30]]), np.concatenate([targets, targets[:30]]), priors
    )
    # Only the shrinkage, which counts items, may differ.
    assert abs(twice.shrinkage - repeated.shrinkage) < 0.1
    np.testing.assert_allclose(twice.mean, repeated.mean)
    np.testing.assert_allclose(twice.deviation, repeated.deviation)
    off = np.abs(np.exp(twice.log_posterior(features)) - np.exp(repeated.log_posterior(features))).max()
    plain = np.abs(
        np.exp(twice.log_posterior(features))
        - np.exp(Discriminant.fit(features, targets, priors).log_posterior(features))
    ).max()
    assert off < 0.7 * plain


def test_a_class_that_was_never_seen_keeps_its_prior() -> None:
    features, targets = clouds(40, classes=2)
    found = Discriminant.fit(features, targets, np.array([0.5, 0.3, 0.2])).log_posterior(features)
    np.testing.assert_allclose(np.exp(found[:, 2]), 0.2)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1)


def test_one_item_each_and_features_that_never_vary_are_survived() -> None:
    found = Discriminant.fit(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([0, 1]), np.array([0.5, 0.5]))
    answer = found.log_posterior(np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]]))
    assert np.isfinite(answer).all()
    assert answer.argmax(axis=1)[:2].tolist() == [0, 1]
    assert answer[2, 0] == pytest.approx(answer[2, 1])


def test_nothing_that_counts_is_refused() -> None:
    with pytest.raises(ValueError, match="2 items, of which none has a weight over 0"):
        Discriminant.fit(np.ones((2, 1)), np.array([0, 1]), np.array([0.5, 0.5]), np.zeros(2))
