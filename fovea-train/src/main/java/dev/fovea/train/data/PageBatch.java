package dev.fovea.train.data;

import dev.fovea.core.image.PreparedPicture;
import java.util.List;

/**
 * A batch of pictures of many sizes with questions packed behind each.
 *
 * @param questions what is asked; no visual tokens are counted, as each picture has its own number of them
 * @param pictures as the encoder takes them
 */
public record PageBatch(AnswerBatch questions, List<PreparedPicture> pictures) {
    public PageBatch {
        pictures = List.copyOf(pictures);
    }
}
