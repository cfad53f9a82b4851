package dev.fovea.core.learned;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.Pickles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A folder of weights as the authors of a technique published them: all of its safetensors files under the authors' names,
 * {@code config.json}, and {@code adapter_config.json} where low-rank factors were saved by PEFT. What PEFT puts before
 * every name is left out. Pickles are never opened.
 */
public final class PublishedWeights implements AutoCloseable {
    private static final String WRAPPED = "base_model.model.";
    private static final String SAFE = ".safetensors";
    private static final String INDEX = ".safetensors.index.json";

    private final Path folder;
    private final List<Checkpoint> files;
    private final Map<String, Place> places;
    private final JsonNode settings;

    private record Place(Checkpoint file, String name) {}

    private PublishedWeights(Path folder, List<Checkpoint> files, Map<String, Place> places, JsonNode settings) {
        this.folder = folder;
        this.files = files;
        this.places = places;
        this.settings = settings;
    }

    /** Whether a folder holds weights, or pickles of some, and no {@link TrainedCard} that says that they are Fovea's. */
    static boolean in(Path folder) {
        return Files.isDirectory(folder)
                && !Files.exists(folder.resolve(TrainedCard.FILE))
                && !(named(folder, SAFE).isEmpty() && pickles(folder).isEmpty());
    }

    /**
     * Opens a folder.
     *
     * @throws CheckpointException with one sentence if a file is wrong, two of them hold the same tensor, or there are
     *     pickles alone
     */
    static PublishedWeights open(Path folder) {
        List<Path> safe = named(folder, SAFE);
        if (safe.isEmpty()) {
            throw new CheckpointException(pickled(folder));
        }
        JsonNode settings = read(folder.resolve("config.json"));
        List<Checkpoint> files = new ArrayList<>();
        try {
            List<Path> indexes = named(folder, INDEX);
            // Shards are opened by their index, which knows whether all are there.
            if (!indexes.isEmpty()) {
                safe = safe.stream()
                        .filter(f -> !f.getFileName().toString().matches(".*-\\d+-of-\\d+\\.safetensors"))
                        .toList();
            }
            Map<String, Place> places = new LinkedHashMap<>();
            for (Path path : Stream.concat(indexes.stream(), safe.stream()).toList()) {
                Checkpoint file = Checkpoint.open(path);
                files.add(file);
                file.names().forEach(name -> put(places, bare(name), new Place(file, name)));
            }
            return new PublishedWeights(folder, files, places, settings);
        } catch (RuntimeException e) {
            files.forEach(Checkpoint::close);
            throw e;
        }
    }

    private static void put(Map<String, Place> places, String name, Place place) {
        Place other = places.put(name, place);
        if (other != null) {
            throw new CheckpointException("Both " + other.file.path() + " and " + place.file.path()
                    + " hold the tensor '" + Printable.of(name) + "'; keep one of them in the folder");
        }
    }

    private static String bare(String name) {
        String bare = name.startsWith(WRAPPED) ? name.substring(WRAPPED.length()) : name;
        return bare.replaceFirst("(\\.lora_[AB])\\.default\\.weight$", "$1.weight");
    }

    private static String pickled(Path folder) {
        return folder + " holds its weights as pickles ("
                + pickles(folder).getFirst().getFileName()
                + "), which can run programs and are never opened; convert each in Python on a machine that you can spare:"
                + " safetensors.torch.save_file({n: t.contiguous().clone() for n, t in torch.load(FILE, map_location='cpu',"
                + " weights_only=True).items()}, FILE.safetensors)";
    }

    private static List<Path> pickles(Path folder) {
        return Pickles.ENDINGS.stream()
                .flatMap(end -> named(folder, end).stream())
                .toList();
    }

    private static List<Path> named(Path folder, String end) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(end) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CheckpointException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static JsonNode read(Path file) {
        return Files.exists(file) ? StrictJson.read(file, CheckpointException::new) : MissingNode.getInstance();
    }

    /** Where they lie. */
    public Path folder() {
        return folder;
    }

    /** Whether there is a tensor of this name, without what PEFT puts before it. */
    public boolean contains(String name) {
        return places.containsKey(name);
    }

    /**
     * The dimensions of a tensor, without those of 1 in front of the last {@code dims}.
     *
     * @throws CheckpointException with one sentence if there is none of this name, or it has fewer dimensions
     */
    public long[] sizes(String name, int dims) {
        long[] sizes = place(name).file.info(place(name).name).sizes();
        int more = sizes.length - dims;
        if (more < 0 || Arrays.stream(sizes, 0, more).anyMatch(n -> n != 1)) {
            throw new CheckpointException("Tensor '" + Printable.of(name) + "' in "
                    + place(name).file.path() + " has shape " + Arrays.toString(sizes) + ", but it should have " + dims
                    + " dimensions; are these the weights of this technique?");
        }
        return Arrays.copyOfRange(sizes, more, sizes.length);
    }

    /** A tensor as it is stored, over the mapped file. */
    Tensor tensor(String name) {
        return place(name).file.tensor(place(name).name);
    }

    /** The file that holds a tensor. */
    Path file(String name) {
        return place(name).file.path();
    }

    private Place place(String name) {
        @Nullable Place place = places.get(name);
        if (place == null) {
            throw new CheckpointException(folder + " holds no tensor named '" + Printable.of(name) + "'"
                    + Suggest.nearest(name, new ArrayList<>(places.keySet()))
                    + "; are these the weights of this technique, with every file of them converted to safetensors?");
        }
        return place;
    }

    /** A whole number of {@code config.json}, if it says one. */
    public OptionalLong setting(String key) {
        JsonNode value = settings.path(key);
        return value.isIntegralNumber() && value.canConvertToLong()
                ? OptionalLong.of(value.asLong())
                : OptionalLong.empty();
    }

    /** A word of {@code config.json}, or this one. */
    public String setting(String key, String otherwise) {
        JsonNode value = settings.path(key);
        return value.isTextual() ? Printable.of(value.asText()) : otherwise;
    }

    /**
     * The low-rank factors that PEFT saved here.
     *
     * @throws CheckpointException with one sentence if there are none, or they are of a kind that is not one product for
     *     each matrix
     */
    public Adapter adapter() {
        return Adapter.read(folder.resolve(Adapter.FILE));
    }

    @Override
    public void close() {
        files.forEach(Checkpoint::close);
    }
}
