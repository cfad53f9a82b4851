package dev.fovea.cli;

import dev.fovea.core.Question;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Gathers the questions that a suite asks about one picture, so that they are answered together. */
final class PictureBatches implements AutoCloseable {
    private static final int GREY = 128;

    private final Consumer<Batch> consumer;
    private final List<Item> gathered = new ArrayList<>();

    PictureBatches(Consumer<Batch> consumer) {
        this.consumer = consumer;
    }

    /**
     * Questions about one picture.
     *
     * @param items at least one
     */
    record Batch(List<Item> items) {
        Batch {
            items = List.copyOf(items);
        }

        RgbImage picture() {
            return items.getFirst().picture().open();
        }

        /** As the model gets them; blind ones come with a grey picture of the same size. */
        List<Question> questions(boolean blind) {
            RgbImage real = picture();
            RgbImage shown = blind ? RgbImage.filled(real.width(), real.height(), GREY, GREY, GREY) : real;
            return items.stream()
                    .map(item -> new Question(List.of(shown), item.prompt()))
                    .toList();
        }

        /** Tokens of the longest answer that any of them allows. */
        int longest() {
            return items.stream().mapToInt(Item::maxTokens).max().orElse(1);
        }
    }

    /** Takes the next question of the suite; always true, for visitors. */
    boolean add(Item item) {
        if (!gathered.isEmpty()
                && !gathered.getLast().picture().key().equals(item.picture().key())) {
            flush();
        }
        gathered.add(item);
        return true;
    }

    private void flush() {
        if (!gathered.isEmpty()) {
            consumer.accept(new Batch(gathered));
            gathered.clear();
        }
    }

    /** The last picture's questions. */
    @Override
    public void close() {
        flush();
    }
}
