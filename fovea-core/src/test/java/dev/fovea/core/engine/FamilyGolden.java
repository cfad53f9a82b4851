package dev.fovea.core.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.family.PromptLayout;
import dev.fovea.core.model.gguf.GgufModel;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Slot;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;

/** A tiny checkpoint of any family with what transformers computes with it. */
final class FamilyGolden {
    private static final Map<String, FamilyGolden> OPEN = new ConcurrentHashMap<>();

    final Path folder;
    final ModelParts model;
    final PathEngine engine;
    final JsonNode json;
    final PromptLayout layout;
    private final PictureProcessor processor;
    private final Checkpoint tensors;

    /** One checkpoint of every way in which families differ on the path: what holds for all of them is tried on each. */
    static List<String> ofEveryKind() {
        return List.of(
                "qwen2-vl",
                "qwen2-5-vl",
                "qwen3-vl",
                "qwen3-vl-first",
                "idefics3",
                "llava-mha",
                "gemma3",
                "paligemma2",
                "llava-next",
                "llava-onevision",
                "internvl",
                "mistral3");
    }

    private FamilyGolden(String name) {
        folder = Golden.ROOT.resolve(name);
        Path file = folder.resolve("model.gguf");
        if (Files.exists(file)) {
            try (GgufModel gguf = GgufModel.open(file, null, Families.ggufLayouts())) {
                Families.Found found = Families.of(gguf.config());
                model = found.description().load(gguf.takeCheckpoint(), DType.F32, null);
                layout = found.description().layout();
                processor = found.family().pictures(gguf.folder(), found.description());
            }
        } else {
            Families.Found found = Families.read(folder);
            model = found.description().load(Checkpoint.open(folder), DType.F32, null);
            layout = found.description().layout();
            processor = found.family().pictures(folder, found.description());
        }
        engine = new PathEngine(model);
        tensors = Checkpoint.open(folder.resolve("golden.safetensors"));
        try {
            json = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FamilyGolden(FamilyGolden other, PathEngine engine) {
        folder = other.folder;
        model = other.model;
        layout = other.layout;
        processor = other.processor;
        this.engine = engine;
        tensors = other.tensors;
        json = other.json;
    }

    /** The same, of which layers take only so many rows at once. */
    FamilyGolden takingAtOnce(int rows) {
        return new FamilyGolden(this, engine.takingAtOnce(rows));
    }

    /** The same, which takes breaks while it reads. */
    FamilyGolden withBreaks(Breaks breaks) {
        return new FamilyGolden(this, engine.withBreaks(breaks));
    }

    /** Names of its prompts. */
    List<String> prompts() {
        List<String> out = new ArrayList<>();
        json.path("prompts").fieldNames().forEachRemaining(out::add);
        return out;
    }

    static FamilyGolden of(String name) {
        return OPEN.computeIfAbsent(name, FamilyGolden::new);
    }

    boolean has(String tensor) {
        return tensors.contains(tensor);
    }

    float[] floats(String tensor) {
        return Tensors.floats(tensors.tensor(tensor));
    }

    Tensor tensor(String name) {
        return tensors.tensor(name);
    }

    PreparedPicture picture(String name) {
        return processor.preparePicture(read("images/" + name + ".png"));
    }

    private RgbImage read(String path) {
        return new PictureReader().read(folder.resolve(path)).image();
    }

    /** A video of pictures that lie in the folder. */
    PreparedPicture video(List<String> frames, double framesPerSecond) {
        return processor.prepareVideo(frames.stream().map(this::read).toList(), framesPerSecond);
    }

    /** The pictures of a prompt, in order. */
    List<PreparedPicture> pictures(String prompt) {
        List<RgbImage> out = new ArrayList<>();
        json.at("/prompts/" + prompt + "/messages")
                .forEach(message -> message.path("content").forEach(part -> {
                    if (part.path("type").asText().equals("image")) {
                        out.add(read(part.path("path").asText()));
                    }
                }));
        return processor.preparePictures(out);
    }

    List<EncodedImage> encode(List<PreparedPicture> pictures, PlanRun run) {
        return encode(pictures, run, pixels -> pixels);
    }

    /** @param change made to the pixels that the encoder sees */
    private List<EncodedImage> encode(List<PreparedPicture> pictures, PlanRun run, UnaryOperator<Tensor> change) {
        List<ImageInput> inputs = new ArrayList<>();
        for (int p = 0; p < pictures.size(); p++) {
            for (PreparedImage view : pictures.get(p).views()) {
                Tensor pixels = change.apply(Tensors.of(view.pixels(), view.planes(), view.height(), view.width()));
                Tensor raw = Tensors.of(view.bytes(), view.planes(), view.height(), view.width());
                String name = "image" + inputs.size() + ".";
                inputs.add(new ImageInput(
                        pixels,
                        p,
                        view.part(),
                        () -> raw,
                        name,
                        run,
                        new PixelSource(pixels, () -> raw),
                        view.seen(),
                        null));
            }
        }
        return engine.encode(inputs);
    }

    /** A prompt under a plan, ready to be read. */
    PathEngine.Prompt prompt(String name, PlanRun run) {
        return prompt(name, run, pixels -> pixels);
    }

    /** The same about pictures of other pixels. */
    PathEngine.Prompt prompt(String name, PlanRun run, UnaryOperator<Tensor> change) {
        List<PreparedPicture> pictures = pictures(name);
        List<EncodedImage> images = encode(pictures, run, change);
        int[] expanded = ints(json.at("/prompts/" + name + "/input_ids"));
        return prompt(expanded, pictures, images, run);
    }

    PromptState read(String name, PlanRun run) {
        return engine.prefill(List.of(prompt(name, run))).getFirst();
    }

    int[] continuation(String prompt) {
        return ints(json.at("/prompts/" + prompt + "/continuation_ids"));
    }

    /** One image of a prompt. */
    PreparedImage view(String prompt, int image) {
        return pictures(prompt).stream()
                .flatMap(p -> p.views().stream())
                .toList()
                .get(image);
    }

    String name() {
        return folder.getFileName().toString();
    }

    /** A prompt of ids in which placeholders are repeated for each token. */
    PathEngine.Prompt prompt(int[] expanded, List<PreparedPicture> pictures, List<EncodedImage> images, PlanRun run) {
        List<Slot> slots = new ArrayList<>();
        int views = 0;
        for (PreparedPicture picture : pictures) {
            int before = views;
            layout.slots(picture).forEach(slot -> slots.add(slot.behind(before)));
            views += picture.views().size();
        }
        return new PathEngine.Prompt(
                "",
                collapsed(expanded, images, slots),
                slots,
                images,
                run,
                Collections.nCopies(images.size(), run),
                32);
    }

    /** Token ids with the run of placeholders of each image made one. */
    int[] collapsed(int[] expanded, List<EncodedImage> images) {
        return collapsed(
                expanded,
                images,
                IntStream.range(0, images.size()).mapToObj(Slot::whole).toList());
    }

    /** Token ids with the run of placeholders of each slot made one. */
    private int[] collapsed(int[] expanded, List<EncodedImage> images, List<Slot> slots) {
        List<Integer> out = new ArrayList<>();
        int slot = 0;
        for (int i = 0; i < expanded.length; i++) {
            out.add(expanded[i]);
            if (model.isPlaceholder(expanded[i]) && slots.get(slot++) instanceof Slot.Rows rows) {
                i += tokens(images.get(rows.view()).grid(), rows) - 1;
            }
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Tokens of a slot of which nothing was dropped. */
    static int tokens(Ledger.Grid grid, Slot.Rows rows) {
        return (Math.min(rows.to(), grid.rows()) - rows.from()) * grid.cols();
    }

    static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
