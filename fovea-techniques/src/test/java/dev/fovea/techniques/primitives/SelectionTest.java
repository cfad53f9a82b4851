package dev.fovea.techniques.primitives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Diversity.Rule;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SelectionTest {
    private static final Matrix TOKENS = Matrix.of(
            new float[] {2, 1},
            new float[] {0, -2},
            new float[] {-1, -3},
            new float[] {-3, -3},
            new float[] {-2, 2},
            new float[] {1, 3});

    /** An example of ToDRE, worked out by hand. */
    @Test
    void greedyDiversification() {
        assertThat(Diversity.greedy(TOKENS, 0, 4, Rule.MAX_SUM)).containsExactly(0, 3, 4, 1);
        assertThat(Diversity.greedy(TOKENS, 0, 4, Rule.K_CENTRE)).containsExactly(0, 3, 4, 5);
    }

    @RepeatedTest(60)
    void everyChoiceMinimisesItsRule(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int n = random.nextInt(1, 31);
        Rule rule = Rule.values()[random.nextInt(Rule.values().length)];
        Matrix tokens = GeometryTest.random(random, n, 6);
        int k = 1 + random.nextInt(n);
        int[] chosen = Diversity.greedy(tokens, random.nextInt(n), k, rule);
        assertThat(chosen).hasSize(k).doesNotHaveDuplicates();
        for (int i = 1; i < k; i++) {
            double own = closeness(tokens, chosen, i, chosen[i], rule);
            for (int other : TopK.others(n, java.util.Arrays.copyOf(chosen, i))) {
                assertThat(own).isLessThanOrEqualTo(closeness(tokens, chosen, i, other, rule) + 1e-5);
            }
        }
    }

    private static double closeness(Matrix tokens, int[] chosen, int count, int token, Rule rule) {
        double sum = 0;
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            float cosine = Vectors.cosine(tokens.row(chosen[i]), tokens.row(token));
            sum += cosine;
            max = Math.max(max, cosine);
        }
        return rule == Rule.MAX_SUM ? sum : max;
    }

    @Test
    void scalingATokenChangesNothing() {
        Matrix scaled = new Matrix(6, 2, TOKENS.data().clone());
        for (int c = 4; c < 6; c++) {
            scaled.data()[c] *= 7;
        }
        assertThat(Diversity.greedy(scaled, 0, 4, Rule.MAX_SUM)).containsExactly(0, 3, 4, 1);
    }

    @Test
    void kCentreTakesDuplicatesLast() {
        Matrix tokens = Matrix.of(new float[] {1, 0}, new float[] {1, 0}, new float[] {1, 1}, new float[] {0, 1});
        assertThat(Diversity.greedy(tokens, 0, 3, Rule.K_CENTRE)).containsExactly(0, 3, 2);
    }

    @Test
    void matchingExampleOfToMe() {
        Matrix keys = Matrix.of(
                new float[] {1, 0}, new float[] {1, 0}, new float[] {.8f, .6f}, new float[] {0, 1}, new float[] {
                    .28f, .96f
                });
        BipartiteMatching.Match match = BipartiteMatching.match(keys, true, 1, (s, similarity) -> similarity);
        assertThat(match.sources()).containsExactly(4);
        assertThat(match.destinations()).containsExactly(3);
        assertThat(match.unmerged()).containsExactly(0, 2);
        assertThat(match.groups()).isDeepEqualTo(new int[][] {{0}, {2}, {1}, {3, 4}});
    }

    @RepeatedTest(100)
    void matchingKeepsEveryTokenOnce(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int n = random.nextInt(1, 41);
        boolean cls = random.nextBoolean();
        int r = random.nextInt(n + 3);
        BipartiteMatching.Match match =
                BipartiteMatching.match(GeometryTest.random(random, n, 4), cls, r, (s, similarity) -> similarity);
        int removed = BipartiteMatching.removable(n, cls, r);
        assertThat(removed).isEqualTo(Math.min(r, (n - (cls ? 1 : 0)) / 2));
        int[][] groups = match.groups();
        assertThat(groups).hasNumberOfRows(n - removed);
        assertThat(java.util.Arrays.stream(groups)
                        .flatMapToInt(java.util.Arrays::stream)
                        .sorted()
                        .toArray())
                .containsExactly(java.util.stream.IntStream.range(0, n).toArray());
        if (cls) {
            assertThat(groups[0]).containsExactly(0);
        }
    }

    @Test
    void coresetExampleOfTca() {
        Matrix points = Matrix.of(new float[] {0}, new float[] {1}, new float[] {4}, new float[] {6});
        Clusters clusters = Coreset.cluster(points, 2, 0);
        assertThat(clusters.centres()).containsExactly(0, 3);
        assertThat(weighted(points, clusters, 0)).isCloseTo(0.5, offset(1e-6));
        assertThat(weighted(points, clusters, 1)).isCloseTo(16.0 / 3, offset(1e-5));
    }

    @Test
    void coresetOfDuplicatesLeavesNoClusterEmpty() {
        Matrix points = Matrix.of(new float[] {5}, new float[] {5}, new float[] {5});
        Clusters clusters = Coreset.cluster(points, 2, 1);
        assertThat(clusters.centres()).containsExactly(1, 0);
        assertThat(clusters.members(0)).containsExactly(1, 2);
        assertThat(clusters.members(1)).containsExactly(0);
    }

    private static double weighted(Matrix points, Clusters clusters, int cluster) {
        int[] members = clusters.members(cluster);
        float[] weights = Coreset.weights(points, clusters.centres()[cluster], members);
        double sum = 0;
        for (int i = 0; i < members.length; i++) {
            sum += weights[i] * points.get(members[i], 0);
        }
        return sum;
    }

    @Test
    void kMeansFindsSeparatedGroups() {
        Matrix points = Matrix.of(
                new float[] {0, 0}, new float[] {0, 1}, new float[] {9, 9}, new float[] {9, 8}, new float[] {0, 9});
        Clusters clusters = KMeans.cluster(points, 3, 20);
        assertThat(clusters.assignment()).containsExactly(0, 0, 1, 1, 2);
        assertThat(clusters.centres()).containsExactly(0, 2, 4);
        assertThat(clusters.members(1)).containsExactly(2, 3);
    }

    @Test
    void densityPeaksFindsSeparatedGroups() {
        Matrix points = Matrix.of(
                new float[] {0, 0},
                new float[] {0, .1f},
                new float[] {.1f, 0},
                new float[] {5, 5},
                new float[] {5, 5.1f},
                new float[] {5.2f, 5});
        Clusters clusters = DensityPeaks.cluster(points, 2, 2);
        assertThat(clusters.assignment()).containsExactly(0, 0, 0, 1, 1, 1);
        assertThat(clusters.centres()).containsExactly(0, 3);
    }

    @Test
    void randomSubsetsRepeatAndDiffer() {
        assertThat(RandomSubset.of(100, 30, 5)).containsExactly(RandomSubset.of(100, 30, 5));
        assertThat(RandomSubset.of(100, 30, 5)).isNotEqualTo(RandomSubset.of(100, 30, 6));
        assertThat(RandomSubset.of(10, 10, 1)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(RandomSubset.of(100, 30, 5)).isSorted().doesNotHaveDuplicates();
    }
}
