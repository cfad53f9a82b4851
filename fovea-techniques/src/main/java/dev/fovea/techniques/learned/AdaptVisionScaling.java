package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdaptVision (arXiv 2408.16986): a picture has as many visual tokens as its size asks for. It is seen as a thumbnail with
 * all tokens and as {@linkplain TileGrid tiles}, which an encoder of their own looks at and whose tokens are merged four
 * to one; a learned token before each says where it lies.
 */
public final class AdaptVisionScaling implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        adaptvision-scaling
            title     AdaptVision: Dynamic Input Scaling in MLLMs for Versatile Scene Understanding
            arxiv     2408.16986
            summary   Cuts a picture into as many tiles as its size asks for, beside a thumbnail of it, with four tokens of a
                      tile in one.
            stations  weights, framing, connector
            budget    Ignored: the size of the picture decides. On 16 x 16 tokens 324 for a picture of one tile to 844 for
                      nine, brackets and places included; on 24 x 24 they are 724 to 1,884.
            full      acts
            trained   yes
            knob      tiles = 3, whole 1..8: Most tiles along a side; each is as large as the pictures that the encoder was
                      trained on.
            knob      cut = dynamic | fixed | none: By the size of the picture, always as many tiles as there may be, or the
                      thumbnail alone.
            knob      side = auto, whole 1..8: Tiles along a side where the cut is fixed, no more than there may be; auto is
                      as many.
            knob      merge = 4, whole 1..16: Neighbouring tokens of a tile, counted row by row, that become one.
            knob      places = on | off: Whether a learned token before the thumbnail and each tile says where it lies.
            knob      local = 16, whole 0..4096: Rank of what is added to the encoder's matrices for tiles; 0 leaves them the
                      thumbnail's encoder.
            knob      rank = 32, whole 1..4096: Rank of what is added to each matrix of the language model.
            note      The paper trains two copies of the encoder and the language model in full. Here the thumbnail's encoder,
                      the word embeddings and the head stand still, the encoder of tiles is the same one with additions of
                      low rank, the language model gets such additions too, and the connector's matrices and the norms move
                      in full: all of it takes less than 4 MB for peek.
            note      Content is not measured: the size of a picture stands for how much there is to see in it, and small
                      pictures are enlarged to one tile.
            note      The layer that merges starts as the mean of the tokens that it merges, and the tokens of places as small
                      random numbers; the paper starts the former at random and the latter from the mean of all words.
            note      A merged token stands where the first of its four stood; the ledger counts the others as dropped.
            note      Models that cut their pictures themselves, and those that prepare them in a way of their own, refuse it.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        Finetuned.of(shape, knobs).declare(own);
        if (knobs.integer("local") > 0) {
            local(knobs).declare(own, LowRankLayers.ofEncoder(shape));
        }
        tokens(shape, knobs).declare(own);
        return own.build();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        if (shape.traits().tiles()) {
            throw new IllegalArgumentException(
                    "Technique '" + CARD.id() + "' cuts pictures into tiles, but this model cuts"
                            + " them itself; use it with one that sees pictures as a whole.");
        }
        Signal.PictureSize size = new Signal.PictureSize();
        Signal.Projected projected = new Signal.Projected();
        TileTokens tokens = tokens(shape, knobs);
        return List.of(
                new Step(new Station.Weights(), List.of(), s -> Outcome.of(adapt(shape, knobs, own))),
                new Step(new Station.Framing(), List.of(size), s -> Outcome.of(cut(s, size, shape, knobs))),
                new Step(
                                new Station.Projector(),
                                List.of(projected, size),
                                s -> Outcome.of(tokens.of(part(s), grid(s, size, shape, knobs), s, projected, own)))
                        .working((visual, text) -> tokens.flops(visual)));
    }

    private static Decision adapt(ModelShape shape, Knobs knobs, Weights own) {
        Map<String, Addition> ofTiles = new LinkedHashMap<>();
        if (knobs.integer("local") > 0) {
            local(knobs).add(ofTiles, LowRankLayers.ofEncoder(shape), own);
        }
        return new Decision.Adapt(Finetuned.of(shape, knobs).additions(own), new Additions(ofTiles));
    }

    private static Decision cut(Signals signals, Signal.PictureSize size, ModelShape shape, Knobs knobs) {
        if (!(part(signals) instanceof Part.Whole)) {
            return new Decision.Unchanged();
        }
        TileGrid grid = grid(signals, size, shape, knobs);
        return new Decision.Cut(grid.rows(), grid.cols());
    }

    /** The tiles of a picture, from whichever of its parts they are asked about. */
    private static TileGrid grid(Signals signals, Signal.PictureSize size, ModelShape shape, Knobs knobs) {
        int most = knobs.integer("tiles");
        float[] picture = signals.get(size);
        int side = Math.max(shape.gridRows(), shape.gridCols()) * shape.tokenPixels();
        return switch (knobs.text("cut")) {
            case "none" -> new TileGrid(0, 0);
            case "fixed" -> fixed(knobs, most);
            default -> TileGrid.of((int) picture[0], (int) picture[1], side, most);
        };
    }

    private static TileGrid fixed(Knobs knobs, int most) {
        int side = knobs.isAuto("side") ? most : knobs.integer("side");
        if (side > most) {
            throw new IllegalArgumentException("Technique '" + CARD.id() + "' was asked for side=" + side
                    + ", but cuts a picture into at most " + most + " tiles along a side (tiles=" + most + ").");
        }
        return new TileGrid(side, side);
    }

    private static Part part(Signals signals) {
        return signals.layout().grids().getFirst().part();
    }

    private static TileTokens tokens(ModelShape shape, Knobs knobs) {
        return new TileTokens(
                shape.decoderWidth(), knobs.integer("tiles"), knobs.integer("merge"), knobs.flag("places"));
    }

    private static LowRankLayers local(Knobs knobs) {
        return new LowRankLayers(knobs.integer("local"), 1);
    }
}
