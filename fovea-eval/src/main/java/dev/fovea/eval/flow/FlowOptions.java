package dev.fovea.eval.flow;

import java.util.List;

/**
 * What is tried on a question.
 *
 * @param edges which edges are blocked, one at a time
 * @param window layers in which they are blocked at once
 * @param heat whether it is told where in the picture each layer looks, which takes a pass with gradients
 */
public record FlowOptions(List<FlowEdge> edges, int window, boolean heat) {

    public FlowOptions {
        edges = List.copyOf(edges);
    }

    /**
     * Checked against a model.
     *
     * @param boxes whether it is known where in the picture lies what the question is about
     * @throws IllegalArgumentException with one sentence
     */
    void check(int layers, boolean boxes) {
        LayerWindow.check(window, layers);
        for (FlowEdge edge : edges) {
            if (edge.needsBoxes() && !boxes) {
                throw new IllegalArgumentException("The edge " + edge.from().word() + ":"
                        + edge.to().word()
                        + " parts the picture by what the question is about; say where that lies with a"
                        + " box.");
            }
        }
    }

    /** How many times a prompt is read, the first included. */
    public int readings(int layers) {
        return 2 + edges.size() * layers + (heat ? 1 : 0);
    }
}
