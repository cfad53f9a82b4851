package dev.fovea.core.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
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

    /** Two blocks that overlap: tokens 2 and 3 do not see 0 and 1, and the last one sees neither 1 nor itself. */
    @Test
    void someEdgesAreBlocked() {
        AttentionEdges edges = AttentionEdges.without(
                4,
                List.of(
                        new AttentionEdges.Blocked(new int[] {2, 3}, new int[] {0, 1}),
                        new AttentionEdges.Blocked(new int[] {3}, new int[] {1, 3})));
        assertThat(edges.mask())
                .containsExactly(
                        0, NO, NO, NO, //
                        0, 0, NO, NO, //
                        NO, NO, 0, NO, //
                        NO, NO, 0, NO);
        assertThat(edges.allSeeThemselves()).isFalse();
        assertThat(edges.allows(0, 3)).isTrue();
        assertThat(edges.sees(0, 3)).isFalse();
        assertThat(edges.restricted(0, 4)).containsExactly(2, 3);
        assertThat(edges.restricted(0, 2)).isEmpty();
        // What follows looks as the last token does, but for itself; nobody's block names it as a key.
        assertThat(edges.sees(4, 0)).isFalse();
        assertThat(edges.sees(4, 3)).isFalse();
        assertThat(edges.sees(4, 2)).isTrue();
        assertThat(edges.sees(4, 4)).isTrue();
        assertThat(edges.sees(5, 4)).isTrue();
        assertThat(edges.restricted(2, 6)).containsExactly(2, 3, 4, 5);
    }

    @Test
    void blocksThatMeetNobodyRestrictNobody() {
        AttentionEdges edges = AttentionEdges.without(
                3,
                List.of(
                        new AttentionEdges.Blocked(new int[] {0, 1}, new int[] {2}),
                        new AttentionEdges.Blocked(new int[0], new int[] {0})));
        assertThat(edges.restricted(0, 5)).isEmpty();
        assertThat(AttentionEdges.without(0, List.of()).groups()).isEmpty();
        AttentionEdges self =
                AttentionEdges.without(2, List.of(new AttentionEdges.Blocked(new int[] {1}, new int[] {1})));
        AttentionEdges both = self.and(AttentionEdges.branches(0, 0));
        assertThat(both.sees(1, 1)).isFalse();
        assertThat(both.sees(1, 0)).isTrue();
        assertThat(both.follow(new int[] {1, 1}).sees(0, 0)).isFalse();
        assertThat(both.extended(3).sees(2, 2)).isTrue();
        assertThatThrownBy(() ->
                        AttentionEdges.without(2, List.of(new AttentionEdges.Blocked(new int[] {2}, new int[] {0}))))
                .hasMessage("Edges of token 2 are blocked, but the sequence has 2 tokens");
    }

    @Test
    void groupsWithoutEdgesAndRaggedEdgesAreRefused() {
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0}, new boolean[1][1], new boolean[2], 0))
                .hasMessageContaining("Of 1 groups 2 say whether their tokens see themselves");
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0, 2}, new boolean[2][2]))
                .hasMessage("A token is of group 2, but edges are given for groups 0..1");
        assertThatThrownBy(() -> new AttentionEdges(new int[] {0}, new boolean[][] {{true}, {true}}))
                .hasMessageContaining("Edges between 2 groups are given as a row of 1");
    }
}
