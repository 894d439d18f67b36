import numpy as np
import pytest

from tryon_local.perception import detection, networks


def test_sigmoid_does_not_overflow():
    logits = np.array([-1e6, 0, 1e6], dtype=np.float32)
    assert networks.sigmoid(logits) == pytest.approx([0, 0.5, 1])


def test_a_network_is_loaded_once_per_number_of_threads():
    first = networks.network(networks.SELFIE, 1)
    assert networks.network(networks.SELFIE, 1) is first
    assert networks.network(networks.SELFIE, 2) is not first


def test_outputs_are_copies_that_a_later_run_leaves_alone():
    network = networks.network(networks.SELFIE, 1)
    black = network.run(np.zeros((256, 256, 3), dtype=np.float32))
    before = {name: output.copy() for name, output in black.items()}
    network.run(np.ones((256, 256, 3), dtype=np.float32))
    assert all(np.array_equal(black[name], before[name]) for name in before)


def test_there_is_one_anchor_for_each_output_of_the_detector():
    image = np.zeros((224, 224, 3), dtype=np.float32)
    outputs = networks.network(networks.DETECTION, 1).run(image)
    assert len(detection._ANCHORS) == len(outputs["Identity"])
    assert (detection._ANCHORS > 0).all()
    assert (detection._ANCHORS < 1).all()


def test_overlapping_proposals_are_merged_by_score_and_others_are_kept():
    boxes = np.zeros((3, 12), dtype=np.float32)
    boxes[:, :4] = [[0.3, 0.3, 0.2, 0.2], [0.32, 0.3, 0.2, 0.2], [0.8, 0.8, 0.2, 0.2]]
    merged = detection._merge(np.array([0.9, 0.3, 0.6], dtype=np.float32), boxes)
    assert [score for score, _ in merged] == pytest.approx([0.9, 0.6])
    assert merged[0][1][0] == pytest.approx(0.305)
    assert merged[1][1] == pytest.approx(boxes[2])


@pytest.mark.parametrize("box", [(0.1, 0.1, 0.2, 0.2), (0.5, 0.5, 0.0, 0.0)])
def test_overlap_is_one_with_itself_unless_it_is_empty(box):
    boxes = np.array([box], dtype=np.float32)
    assert detection._overlap(boxes[0], boxes)[0] == pytest.approx(float(box[2] > 0))
