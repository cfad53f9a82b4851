package dev.fovea.core.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;

/** A tiny checkpoint of any family with what transformers computes with it. */
final class FamilyGolden {
    private static final Map<String, FamilyGolden> OPEN = new ConcurrentHashMap<>();

    final Path folder;
    final ModelParts model;
    final PathEngine engine;
    final JsonNode json;
    private final PictureProcessor processor;
    private final Checkpoint tensors;

    private FamilyGolden(String name) {
        folder = Golden.ROOT.resolve(name);
        Families.Found found = Families.read(folder);
        model = found.description().load(Checkpoint.open(folder), DType.F32, null);
        processor = found.family().pictures(folder, found.description());
        engine = new PathEngine(model);
        tensors = Checkpoint.open(folder.resolve("golden.safetensors"));
        try {
            json = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        return processor.preparePicture(new PictureReader()
                .read(folder.resolve("images/" + name + ".png"))
                .image());
    }

    /** The pictures of a prompt, in order. */
    List<PreparedPicture> pictures(String prompt) {
        List<PreparedPicture> out = new ArrayList<>();
        json.at("/prompts/" + prompt + "/messages")
                .forEach(message -> message.path("content").forEach(part -> {
                    if (part.path("type").asText().equals("image")) {
                        String path = part.path("path").asText();
                        out.add(picture(path.substring(path.indexOf('/') + 1, path.indexOf('.'))));
                    }
                }));
        return out;
    }

    List<EncodedImage> encode(List<PreparedPicture> pictures, PlanRun run) {
        List<ImageInput> inputs = new ArrayList<>();
        for (int p = 0; p < pictures.size(); p++) {
            for (PreparedImage view : pictures.get(p).views()) {
                Tensor pixels = Tensors.of(view.pixels(), view.planes(), view.height(), view.width());
                Tensor raw = Tensors.of(view.bytes(), view.planes(), view.height(), view.width());
                String name = "image" + inputs.size() + ".";
                inputs.add(new ImageInput(
                        pixels, p, view.part(), () -> raw, name, run, new PixelSource(pixels, () -> raw)));
            }
        }
        return engine.encode(inputs);
    }

    /** A prompt under a plan, ready to be read. */
    PathEngine.Prompt prompt(String name, PlanRun run) {
        List<EncodedImage> images = encode(pictures(name), run);
        int[] expanded = ints(json.at("/prompts/" + name + "/input_ids"));
        return new PathEngine.Prompt("", collapsed(expanded, images), images, run, 32);
    }

    PromptState read(String name, PlanRun run) {
        return engine.prefill(List.of(prompt(name, run))).getFirst();
    }

    int[] continuation(String prompt) {
        return ints(json.at("/prompts/" + prompt + "/continuation_ids"));
    }

    /** Pixels of one image of a prompt: {@code [planes, height, width]}. */
    Tensor pixels(String prompt, int image) {
        PreparedImage view = pictures(prompt).stream()
                .flatMap(p -> p.views().stream())
                .toList()
                .get(image);
        return Tensors.of(view.pixels(), view.planes(), view.height(), view.width());
    }

    /** Token ids with the run of placeholders of each image made one. */
    int[] collapsed(int[] expanded, List<EncodedImage> images) {
        List<Integer> out = new ArrayList<>();
        int image = 0;
        for (int i = 0; i < expanded.length; i++) {
            out.add(expanded[i]);
            if (model.isPlaceholder(expanded[i])) {
                i += images.get(image++).grid().tokens() - 1;
            }
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
