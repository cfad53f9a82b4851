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

    /** What comes later is of the last token's group, or of one that none of the tokens is of yet. */
    @Test
    void tokensThatFollowHaveAGroup() {
        boolean[][] sees = {{true, true, false}, {false, true, false}, {true, false, true}};
        AttentionEdges usual = new AttentionEdges(new int[] {0, 1}, sees);
        assertThat(usual.sees(2, 0)).isFalse();
        assertThat(usual.sees(3, 2)).isTrue();
        AttentionEdges other = new AttentionEdges(new int[] {0, 1}, sees, 2);
        assertThat(other.sees(2, 0)).isTrue();
        assertThat(other.sees(2, 1)).isFalse();
        assertThat(other.sees(3, 2)).isTrue();
        assertThat(other.extended(4).groups()).containsExactly(0, 1, 2, 2);
        assertThat(other.follow(new int[] {1}).sees(1, 0)).isFalse();
        AttentionEdges both = other.and(AttentionEdges.branches(0, 0));
        assertThat(both.sees(2, 0)).isTrue();
        assertThat(both.sees(2, 1)).isFalse();
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0}, sees, 3))
                .hasMessage("Tokens that follow are of group 3, but edges are given for groups 0..2");
    }

    @Test
    void groupsWithoutEdgesAndRaggedEdgesAreRefused() {
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0, 2}, new boolean[2][2]))
                .hasMessage("A token is of group 2, but edges are given for groups 0..1");
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0}, new boolean[][] {{true}, {true}}))
                .hasMessageContaining("Edges between 2 groups are given as a row of 1");
    }
}
