package dev.fovea.core.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AttentionEdgesTest {
    private static final float NO = Float.NEGATIVE_INFINITY;

    @Test
    void branchesSeeTheBeginningAndThemselves() {
        AttentionEdges edges = AttentionEdges.branches(0, 0, 1, 2, 1);
        assertThat(edges.mask())
                .containsExactly(
                        0, NO, NO, NO, NO, //
                        0, 0, NO, NO, NO, //
                        0, 0, 0, NO, NO, //
                        0, 0, NO, 0, NO, //
                        0, 0, 0, NO, 0);
        for (int q = 0; q < 5; q++) {
            for (int k = 0; k < 5; k++) {
                assertThat(edges.sees(q, k)).isEqualTo(edges.mask()[5 * q + k] == 0);
            }
        }
    }

    /** Text that sees a picture only through the tokens between them, and a group whose tokens do not see each other. */
    @Test
    void anyGroupsMayBeHiddenFromAny() {
        boolean[][] sees = {{true, false, false}, {true, false, false}, {false, true, true}};
        AttentionEdges edges = new AttentionEdges(new int[] {0, 1, 1, 2}, sees);
        assertThat(edges.mask())
                .containsExactly(
                        0, NO, NO, NO, //
                        0, 0, NO, NO, //
                        0, NO, 0, NO, //
                        NO, 0, 0, 0);
    }

    @Test
    void theyFollowTheTokensThatAreLeft() {
        AttentionEdges edges = AttentionEdges.branches(0, 0, 1, 2, 1).follow(new int[] {1, 3, 4, 4});
        assertThat(edges.groups()).containsExactly(0, 2, 1, 1);
        assertThat(edges.sees(2, 1)).isFalse();
        assertThat(edges.sees(3, 2)).isTrue();
    }

    @Test
    void groupsWithoutEdgesAndRaggedEdgesAreRefused() {
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0, 2}, new boolean[2][2]))
                .hasMessage("A token is of group 2, but edges are given for groups 0..1");
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0}, new boolean[][] {{true}, {true}}))
                .hasMessageContaining("Edges between 2 groups are given as a row of 1");
    }
}
