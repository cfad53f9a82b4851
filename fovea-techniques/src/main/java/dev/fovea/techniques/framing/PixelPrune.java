package dev.fovea.techniques.framing;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import java.util.List;

/** PixelPrune (arXiv 2604.00886): what a neighbour's pixels predict is never encoded. */
public final class PixelPrune implements Technique {
    private static final Card CARD = Card.of("""
            id        pixelprune
            title     PixelPrune: Pixel-Level Adaptive Visual Token Reduction via Predictive Coding
            arxiv     2604.00886
            summary   Drops, before the encoder, every cell of the picture whose pixels a neighbour predicts, as lossless
                      coding of pictures does; for documents and screens.
            stations  framing, encoder, connector
            budget    Not read unless it is full; the picture decides how many cells differ from their prediction.
            knob      method = pred-2d | raster | serpentine: Prediction from the neighbours on the left and above along
                      local edges, or from the last kept cell row by row, or in a serpentine.
            knob      metric = max | mae | rmse: Distance of two cells over their pixel values: largest, mean absolute or
                      root mean square difference.
            knob      tau = 0, share: Largest distance at which cells count as the same, as a share of the value range; 0
                      is exact.
            knob      anchored = on | off: With tau above 0 and pred-2d, whether neighbours are compared as they can be
                      reconstructed from what was kept, which bounds every pixel's error by tau; off lets errors add up.
            knob      layer = 0, whole 0..4096: Encoder blocks that still see every cell; at the feature layer and beyond,
                      only the language model is spared.
            note      The kept cells keep their positions in the encoder; the class token is never dropped.
            note      A cell is a visual token's part of the picture as the model's processor prepared it.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        Signal.PatchPixels pixels = new Signal.PatchPixels();
        PixelScan.Metric metric = PixelScan.Metric.of(knobs.text("metric"));
        double tolerance = 255 * knobs.number("tau");
        String method = knobs.text("method");
        boolean anchored = knobs.flag("anchored");
        return List.of(new Step(station(shape, knobs.integer("layer")), List.of(pixels), s -> {
            Shapes.requireWholeGrid(s.layout(), CARD.id());
            PixelScan scan = new PixelScan(s.get(pixels), s.layout().cols(), metric, tolerance);
            return Outcome.of(Decision.Keep.of(
                    switch (method) {
                        case "raster" -> scan.alongRows(false);
                        case "serpentine" -> scan.alongRows(true);
                        default -> scan.predicted(anchored);
                    }));
        }));
    }

    private static Station station(ModelShape shape, int layer) {
        if (layer == 0) {
            return new Station.Patches();
        }
        return layer < shape.featureLayers() ? new Station.EncoderOutput(layer - 1) : new Station.Connector();
    }
}
