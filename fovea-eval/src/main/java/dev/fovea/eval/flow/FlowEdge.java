package dev.fovea.eval.flow;

import dev.fovea.core.message.Printable;
import java.util.ArrayList;
import java.util.List;

/**
 * What one group of tokens may tell another: queries of {@code to} look at keys of {@code from}.
 *
 * @param from who is looked at
 * @param to who looks
 */
public record FlowEdge(TokenGroup from, TokenGroup to) {

    /** The edges of the paper's experiments (section 4): from the picture, from the question, and the last token's own. */
    public static final List<FlowEdge> USUAL = List.of(
            new FlowEdge(TokenGroup.PICTURE, TokenGroup.QUESTION),
            new FlowEdge(TokenGroup.QUESTION, TokenGroup.LAST),
            new FlowEdge(TokenGroup.PICTURE, TokenGroup.LAST),
            new FlowEdge(TokenGroup.LAST, TokenGroup.LAST));

    /** The same from the two parts of the picture, where it is known what the question is about. */
    public static final List<FlowEdge> OF_PARTS = List.of(
            new FlowEdge(TokenGroup.RELATED, TokenGroup.QUESTION), new FlowEdge(TokenGroup.OTHER, TokenGroup.QUESTION));

    /** As it is printed. */
    public String label() {
        return from.word() + " → " + to.word();
    }

    /** Whether it takes knowing where in the picture lies what the question is about. */
    public boolean needsBoxes() {
        return from.needsBoxes() || to.needsBoxes();
    }

    /**
     * Edges as they are typed: {@code picture:question}.
     *
     * @throws IllegalArgumentException with one sentence if one cannot be read or comes twice
     */
    public static List<FlowEdge> parse(List<String> typed) {
        List<FlowEdge> edges = new ArrayList<>();
        for (String text : typed) {
            String[] ends = text.split(":", -1);
            if (ends.length != 2) {
                throw new IllegalArgumentException("'" + Printable.of(text)
                        + "' is no edge; name two groups of tokens, the one that is looked at first, as in"
                        + " picture:question.");
            }
            FlowEdge edge = new FlowEdge(TokenGroup.parse(ends[0]), TokenGroup.parse(ends[1]));
            if (edges.contains(edge)) {
                throw new IllegalArgumentException(
                        "The edge " + edge.from.word() + ":" + edge.to.word() + " is named twice; name each once.");
            }
            edges.add(edge);
        }
        return List.copyOf(edges);
    }
}
