package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import java.util.List;
import java.util.stream.IntStream;

/**
 * LLaVA-SP (arXiv 2507.00505): a few {@linkplain SpatialTokens spatial tokens} stand in front of the patch tokens, each
 * made by one convolution over a square map of the patches' features. The patch tokens stay what they are.
 */
public final class LlavaSp implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        llava-sp
            title     LLaVA-SP: Enhancing Visual Representation with Visual Spatial Tokens for MLLMs
            arxiv     2507.00505
            summary   Puts a few tokens in front of the patch tokens, each made by one convolution that covers a square map
                      of all features, so that it sees how they lie to each other.
            stations  weights, connector
            budget    Ignored: every patch token stays, and one more is added for each map: four on a 16 x 16 grid, six on
                      24 x 24.
            full      acts
            trained   yes
            knob      maps = pooling | cropping: The maps: the whole grid averaged down to several sizes, or squares cut out
                      of its middle.
            knob      detail = on | off: Whether each token also attends to a map of details, made by a convolution of
                      stride 2.
            knob      step = 4, whole 1..64: Sides of the maps: the multiples of this below the side of the grid, and that
                      side. 4, 8, 12, 16 on 16 x 16, and the paper's 4, 8, ... 24 on 24 x 24.
            knob      side = auto, whole 1..256: Side of the grid that the maps are taken from; auto is the smaller side of
                      the model's own. A grid of another size is averaged to it.
            knob      channels = 12, whole 1..4096: Channels of the convolutions. The paper has 512.
            knob      rank = 16, whole 1..4096: Rank of what is added to each matrix of the language model. The paper has 128.
            knob      connector = weights | biased: Which part of the connector's layers moved; published weights have other
                      biases, too.
            note      The paper's convolutions have 898 million weights. Twelve channels and a rank of 16 keep all that is
                      learned for peek within 4 MB.
            note      The kernel of the details covers two thirds of the grid's side, rounded down: the paper's 16 of 24.
            note      Pooling with details is what the published pooling weights have, by their author's word; the default
                      branch of the official code leaves the details out. As published, only cropping with details has a
                      bias behind the tokens.
            note      The encoder stands still. What was learned is also added to the language model's matrices and norms and
                      to the connector: with these weights the patch tokens are those of the connector that learned.
            note      In pictures cut into tiles the tokens of a tile stand with its last row; the official code puts those
                      of all tiles before everything else.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        tokens(shape, knobs).declare(own);
        finetuned(shape, knobs).declare(own);
        return own.build();
    }

    @Override
    public PublishedLayout published() {
        return new LlavaSpLayout();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        SpatialTokens tokens = tokens(shape, knobs);
        SquareGrid grid = tokens.grid();
        grid.require(own.contains(tokens.name(grid.side())));
        Signal.Features features = new Signal.Features();
        return List.of(
                finetuned(shape, knobs).step(own),
                new Step(
                                new Station.Projector(),
                                List.of(features),
                                s -> Outcome.of(new Decision.Append(
                                        new TensorRows(tokens.of(grid.of(s.tensor(features), s.layout()), own)))))
                        .working((visual, text) -> tokens.flops()),
                new Step(
                        new Station.Projector(),
                        List.of(),
                        s -> Outcome.of(lastInFront(s.layout().visualCount(), tokens.count()))));
    }

    /** The last tokens before all others. */
    private static Decision.Keep lastInFront(int all, int last) {
        return Decision.Keep.of(IntStream.concat(IntStream.range(all - last, all), IntStream.range(0, all - last))
                .toArray());
    }

    static Finetuned finetuned(ModelShape shape, Knobs knobs) {
        return Finetuned.of(shape, knobs).withBiases(knobs.is("connector", "biased"));
    }

    static SpatialTokens tokens(ModelShape shape, Knobs knobs) {
        return new SpatialTokens(
                SquareGrid.of(CARD.id(), shape, knobs),
                knobs.integer("step"),
                knobs.integer("channels"),
                shape.decoderWidth(),
                knobs.is("maps", "cropping"),
                knobs.flag("detail"));
    }
}
