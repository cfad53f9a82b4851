package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.Wording;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Draws what the words of a thought hold. Reads the answer and changes nothing of it. */
record ThoughtMaps(Asking asking, LearnedPlanner planner) {

    /** @param spec the technique under which the thought was written, as typed */
    List<ThoughtMap> of(Thought thought, RgbImage picture, String spec) {
        TechniqueSpec named = TechniqueSpec.parse(spec);
        Technique technique = asking.techniques().get(named.id());
        ModelShape shape = asking.shape();
        Wording wording = PlanRun.of(asking.plan(List.of(spec), Budget.full(), 1), PlanRun.Question.none(), null)
                .wording();
        if (!(technique instanceof LearnedTechnique learned) || wording == null) {
            throw new IllegalArgumentException(
                    "Technique '" + named.id() + "' has nobody think, so that no thought of it" + " can be drawn.");
        }
        Shown shown = asking.prepare(List.of(picture)).getFirst();
        if (shape.traits().side() > 1 || !shown.isWhole()) {
            throw new IllegalArgumentException(
                    "Thoughts are drawn of pictures that a model sees at once, a token a patch;" + " this one's are "
                            + (shown.isWhole() ? "merged" : "cut into tiles") + ".");
        }
        LearnedPlanner.Reading reading = planner.reading(learned, named);
        try (Scope ignored = Scope.inference()) {
            Tensor pixels = Tensors.scale(raw(shown), 1 / 255.0);
            List<Matrix> states = states(shown, shape);
            List<ThoughtMap> maps = new ArrayList<>();
            for (Wording.Group group : wording.groups()) {
                List<float[]> own = thought.states(group.word());
                Predictor drawing = reading.drawings().get(group.name());
                if (drawing != null && own.size() == group.count()) {
                    maps.addAll(drawn(group.name(), drawing.predict(reading.own(), inputs(own, pixels, states))));
                }
            }
            return maps;
        }
    }

    private static Tensor raw(Shown shown) {
        PreparedImage view = shown.prepared().views().getFirst();
        return Tensors.to(Tensors.of(view.bytes(), view.planes(), view.height(), view.width()), DType.F32);
    }

    private static Tensor[] inputs(List<float[]> words, Tensor pixels, List<Matrix> states) {
        Tensor[] all = new Tensor[2 + states.size()];
        int width = words.getFirst().length;
        float[] flat = new float[words.size() * width];
        for (int i = 0; i < words.size(); i++) {
            System.arraycopy(words.get(i), 0, flat, i * width, width);
        }
        all[0] = Tensors.of(flat, words.size(), width);
        all[1] = pixels;
        for (int i = 0; i < states.size(); i++) {
            Matrix m = states.get(i);
            all[2 + i] = Tensors.of(m.data(), m.rows(), m.cols());
        }
        return all;
    }

    private static List<ThoughtMap> drawn(String name, Tensor maps) {
        int n = (int) maps.size(0);
        return IntStream.range(0, n)
                .mapToObj(i -> new ThoughtMap(
                        n == 1 ? name : name + " " + (i + 1),
                        (int) maps.size(1),
                        (int) maps.size(2),
                        Tensors.floats(maps.select(0, i))))
                .toList();
    }

    /** States of the encoder as it is without a plan, behind each of its feature layers. */
    private List<Matrix> states(Shown shown, ModelShape shape) {
        List<Signal<Matrix>> layers = new ArrayList<>();
        for (int layer = 1; layer <= shape.featureLayers(); layer++) {
            layers.add(new Signal.EncoderHidden(layer));
        }
        List<Matrix> seen = new ArrayList<>();
        Step look = new Step(new Station.EncoderOutput(shape.featureLayers() - 1), List.copyOf(layers), s -> {
            layers.forEach(layer -> seen.add(s.get(layer)));
            return Outcome.of(new Decision.Unchanged());
        });
        PlanRun run = PlanRun.of(Plan.of("thought", look), PlanRun.Question.none(), null);
        asking.engine()
                .encode(List.of(new Pictures(asking.processor())
                        .input(shown, shown.prepared().views().getFirst(), 0, PathEngine.imageName("", 0), run)))
                .forEach(EncodedImage::close);
        return seen;
    }
}
