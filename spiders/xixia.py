"""西峡县人民政府 (411323)."""

from crawler.portals.spider import PortalSpider


class XixiaSpider(PortalSpider):
    name = "xixia"
    body = "西峡县人民政府"
    division_code = "411323"
    addresses = ("http://www.xixia.gov.cn/zfxxgk/", "http://www.xixia.gov.cn/zfxxgk/dfbmptlj/")
