package dev.fovea.cli;

import dev.fovea.core.image.Picture;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.classify.WorldPictures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The pictures that {@code classify} is shown, in order; each is opened when its turn comes. */
final class ClassifyPictures {
    private static final Pattern PICTURE_NAME = Pattern.compile(".*\\.(png|jpe?g|webp|gif|bmp|tiff?)");

    private ClassifyPictures() {}

    /**
     * One picture.
     *
     * @param name its file, or its number in the world
     * @param opened decodes it
     */
    record Entry(String name, Supplier<Shown> opened) {}

    /**
     * A decoded picture.
     *
     * @param truth the label it should get, or null
     */
    record Shown(RgbImage image, @Nullable String truth) {}

    /**
     * Files as they are named, and for every folder the pictures in and below it by name. A picture in a folder that is
     * called like a label should get that label.
     *
     * @throws CommandFailure if there is none
     */
    static List<Entry> ofFiles(List<String> arguments, List<String> labels, Terminal terminal) {
        List<Path> files = new ArrayList<>();
        for (String argument : arguments) {
            Path path = PathArgument.of(argument);
            if (Files.isDirectory(path)) {
                files.addAll(inFolder(path));
            } else {
                files.add(path);
            }
        }
        PictureReader reader = new PictureReader();
        return files.stream()
                .map(file -> {
                    String truth = truth(file, labels);
                    return new Entry(file.toString(), () -> {
                        Picture picture = reader.read(file);
                        picture.notes().forEach(note -> terminal.err().println("fovea: note: " + note));
                        return new Shown(picture.image(), truth);
                    });
                })
                .toList();
    }

    /** So many pictures of the world. */
    static List<Entry> ofWorld(WorldPictures world, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Entry("world-" + i, () -> {
                    WorldPictures.Labelled labelled = world.picture(i);
                    return new Shown(labelled.picture(), labelled.label());
                }))
                .toList();
    }

    /** The same in another order, always the same one for a seed. */
    static List<Entry> shuffled(List<Entry> entries, long seed) {
        List<Entry> out = new ArrayList<>(entries);
        Collections.shuffle(out, new Random(seed));
        return out;
    }

    private static List<Path> inFolder(Path folder) {
        try (Stream<Path> walk = Files.walk(folder)) {
            List<Path> files = walk.filter(ClassifyPictures::isPicture).sorted().toList();
            if (files.isEmpty()) {
                throw CommandFailure.input(
                        "there is no picture in " + folder + "; it needs PNG, JPEG, WebP, GIF, BMP or TIFF files");
            }
            return files;
        } catch (IOException | UncheckedIOException e) {
            throw CommandFailure.input("the folder " + folder + " cannot be read; check its permissions");
        }
    }

    private static boolean isPicture(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && PICTURE_NAME.matcher(name).matches() && Files.isRegularFile(file);
    }

    private static @Nullable String truth(Path file, List<String> labels) {
        Path folder = file.toAbsolutePath().normalize().getParent();
        Path name = folder == null ? null : folder.getFileName();
        if (name == null) {
            return null;
        }
        String called = plain(name.toString());
        return labels.stream()
                .filter(label -> plain(label).equals(called))
                .findFirst()
                .orElse(null);
    }

    /** Folders write labels in their own way: {@code Red_Circle} for {@code red circle}. */
    private static String plain(String label) {
        return label.toLowerCase(Locale.ROOT)
                .replace('_', ' ')
                .replace('-', ' ')
                .strip();
    }
}
