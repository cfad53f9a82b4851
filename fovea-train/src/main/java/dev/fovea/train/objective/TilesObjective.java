package dev.fovea.train.objective;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Part;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.PageBatch;
import dev.fovea.train.loop.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Answers behind pictures that a plan has cut into an overview and tiles. Where the plan adds to the encoder what moves,
 * for tiles or for all, the encoder learns too.
 */
public final class TilesObjective {
    private final Function<Additions, ModelParts> network;
    private final Plan plan;
    private final Function<long[], String> decode;

    /**
     * @param network makes the network with these added to its weights
     * @param plan under which pictures are seen and answers given
     * @param decode token ids to text, for grading
     */
    public TilesObjective(Function<Additions, ModelParts> network, Plan plan, Function<long[], String> decode) {
        this.network = network;
        this.plan = plan;
        this.decode = decode;
    }

    /**
     * The loss, and how many questions are answered right as {@link AnswerObjective} has it.
     *
     * @param measure whether to grade answers and count tokens
     */
    public Measured apply(PageBatch batch, boolean measure) {
        ModelParts answering =
                network.apply(PlanRun.of(plan, PlanRun.Question.none(), null).additions());
        List<PlanRun> runs = new ArrayList<>();
        for (int s = 0; s < batch.pictures().size(); s++) {
            runs.add(PlanRun.of(plan, AnswerObjective.question(answering.decoder(), batch.questions(), s), null));
        }
        List<List<EncodedImage>> pictures = encode(batch.pictures(), runs);
        try {
            return new AnswerObjective(TrainingPath.of(answering), decode)
                    .applyToParts(pictures, runs, batch.questions(), measure);
        } finally {
            pictures.forEach(parts -> parts.forEach(EncodedImage::close));
        }
    }

    /** One view of one of the pictures. */
    private record View(int picture, int place, PreparedImage image) {}

    /** All views, those that an encoder of their own looks at together. */
    private List<List<EncodedImage>> encode(List<PreparedPicture> pictures, List<PlanRun> runs) {
        List<View> tiles = new ArrayList<>();
        List<View> others = new ArrayList<>();
        List<EncodedImage[]> out = new ArrayList<>();
        for (int p = 0; p < pictures.size(); p++) {
            List<PreparedImage> views = pictures.get(p).views();
            out.add(new EncodedImage[views.size()]);
            for (int v = 0; v < views.size(); v++) {
                boolean tile = views.get(v).part() instanceof Part.Tile;
                (tile ? tiles : others).add(new View(p, v, views.get(v)));
            }
        }
        for (List<View> alike : List.of(tiles, others)) {
            List<EncodedImage> encoded = alike.isEmpty() ? List.of() : alike(alike, runs);
            for (int i = 0; i < encoded.size(); i++) {
                out.get(alike.get(i).picture)[alike.get(i).place] = encoded.get(i);
            }
        }
        return out.stream().map(List::of).toList();
    }

    private List<EncodedImage> together(List<View> views, List<PlanRun> runs, ModelParts encoder) {
        List<ImageInput> inputs = new ArrayList<>();
        views.forEach(view -> inputs.add(input(view.image, view.place, runs.get(view.picture))));
        return TrainingPath.of(encoder).encode(inputs);
    }

    /**
     * A view of the only picture of a prompt on its way into the encoder; its tensors belong to the open scope.
     *
     * @param place of the view among those of its picture
     */
    public static ImageInput input(PreparedImage view, int place, PlanRun run) {
        return new ImageInput(
                Tensors.of(view.pixels(), view.planes(), view.height(), view.width()),
                0,
                view.part(),
                () -> Tensors.of(view.bytes(), view.planes(), view.height(), view.width()),
                PathEngine.imageName("", place),
                run,
                new Original(view.geometry().originalWidth(), view.geometry().originalHeight()),
                view.seen(),
                null);
    }

    /** Gradients are recorded only where there is something in the encoder to learn. */
    private List<EncodedImage> alike(List<View> views, List<PlanRun> runs) {
        Additions own = runs.getFirst().ofEncoder(views.getFirst().image.part());
        if (own.moves()) {
            return together(views, runs, network.apply(own));
        }
        try (Scope ignored = Scope.inference()) {
            return together(views, runs, network.apply(own));
        }
    }

    /** A picture of which only its size is known any more. */
    private record Original(int width, int height) implements ImageInput.Source {
        @Override
        public ImageInput.Pixels at(int wantedWidth, int wantedHeight) {
            throw new IllegalArgumentException(
                    "Pictures are prepared before a network learns from them; a plan in the loop"
                            + " cannot resize them any more.");
        }
    }
}
